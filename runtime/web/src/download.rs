//! Exports as answers: sent piece by piece as they are read, so that memory does not grow with them.
//!
//! What can be refused is refused before the answer begins. What fails later breaks the answer off in a way that every
//! reader notices: its last chunk is missing.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use axum::http::{HeaderValue, header};
use axum::response::Response;
use fichero_engine::Refusal;
use fichero_engine::export::{Error, Export, Format};
use fichero_engine::message::Message;
use futures_core::Stream;
use tokio::sync::mpsc;

/// How many pieces may wait for a slow reader.
const WAITING: usize = 2;

/// The answer that is a file of an export.
///
/// # Errors
/// When its first records cannot be read.
pub async fn of(mut export: Export, name: &str, format: Format) -> Result<Response, Refusal> {
    let mut begun = Vec::new();
    for _ in 0..WAITING {
        begun.extend(export.next().await.map_err(refusal)?.unwrap_or_default());
    }
    let (pieces, waiting) = mpsc::channel(WAITING);
    tokio::spawn(send(export, begun, pieces));
    let mut response = Response::new(Body::from_stream(Pieces(waiting)));
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(format.media_type()));
    let disposition = format!("attachment; filename=\"{name}.{}\"", format.ending());
    if let Ok(disposition) = HeaderValue::from_str(&disposition) {
        headers.insert(header::CONTENT_DISPOSITION, disposition);
    }
    Ok(response)
}

/// Reads on as long as somebody takes what is read.
async fn send(mut export: Export, begun: Vec<u8>, pieces: mpsc::Sender<io::Result<Bytes>>) {
    let mut next = Ok(Some(begun));
    loop {
        let piece = match next {
            Ok(Some(piece)) => Ok(Bytes::from(piece)),
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "an export broke off");
                Err(io::Error::other("the export broke off"))
            }
        };
        let is_over = piece.is_err();
        let is_empty = piece.as_ref().is_ok_and(Bytes::is_empty);
        if (!is_empty && pieces.send(piece).await.is_err()) || is_over || pieces.is_closed() {
            return;
        }
        next = export.next().await;
    }
}

fn refusal(error: Error) -> Refusal {
    match error {
        Error::Refused(refusal) => refusal,
        Error::File(told) => {
            Refusal::new(fichero_engine::Kind::Invalid, "unwritable", Message::with("unstorable", [told]))
        }
    }
}

/// The pieces as they come.
struct Pieces(mpsc::Receiver<io::Result<Bytes>>);

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}
