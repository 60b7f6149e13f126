//! Bytes of files as bodies: as they come, and as they go.

use std::future::poll_fn;
use std::io::Read as _;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use fichero_engine::files::Content;
use http_body::{Body as HttpBody, Frame, SizeHint};
use tokio::sync::mpsc;

/// As many bytes are read at once, and as many pieces wait to be sent.
const PIECE: usize = 64 * 1024;
const PIECES: usize = 4;

/// The next bytes of a body.
pub async fn next(body: &mut Body) -> Option<Result<Bytes, axum::Error>> {
    loop {
        match poll_fn(|cx| Pin::new(&mut *body).poll_frame(cx)).await? {
            Ok(frame) => {
                if let Ok(bytes) = frame.into_data() {
                    return Some(Ok(bytes));
                }
            }
            Err(error) => return Some(Err(error)),
        }
    }
}

/// Bytes that a thread reads while they are sent.
pub struct Reading {
    pieces: mpsc::Receiver<std::io::Result<Bytes>>,
    left: u64,
}

impl Reading {
    /// So many bytes from where the content stands.
    pub fn new(mut content: Box<dyn Content>, length: u64) -> Self {
        let (send, pieces) = mpsc::channel(PIECES);
        tokio::task::spawn_blocking(move || {
            let mut left = length;
            while left > 0 {
                let mut piece = Vec::with_capacity(PIECE);
                let read = (&mut content).take(left.min(PIECE as u64)).read_to_end(&mut piece);
                let piece = match read {
                    Ok(0) => Err(std::io::ErrorKind::UnexpectedEof.into()),
                    Ok(count) => {
                        left -= count as u64;
                        Ok(Bytes::from(piece))
                    }
                    Err(error) => Err(error),
                };
                // Whoever asked may have gone; an error is the last there is to say.
                let ends = piece.is_err();
                if send.blocking_send(piece).is_err() || ends {
                    return;
                }
            }
        });
        Self { pieces, left: length }
    }
}

impl HttpBody for Reading {
    type Data = Bytes;
    type Error = std::io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, std::io::Error>>> {
        let next = std::task::ready!(self.pieces.poll_recv(cx));
        Poll::Ready(next.map(|piece| {
            piece.map(|bytes| {
                self.left = self.left.saturating_sub(bytes.len() as u64);
                Frame::data(bytes)
            })
        }))
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.left)
    }
}
