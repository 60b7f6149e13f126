//! Opens pages for scenario tests, as somebody who is signed in: through the very routes that are served.

use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use fichero_engine::read::list::ShapeRequest;
use fichero_engine::scenario::Pages;
use fichero_engine::{Actor, Engine, Refusal};
use fichero_model::label::Locale;
use fichero_web::api::session;
use tokio::runtime::Runtime;
use tower::ServiceExt as _;

use crate::cli::{Failure, accounts, runtime};

/// Who looks where a test does not say: pages are shown to people, and the system is none.
const NOBODY: &str = "scenario";

/// The largest page that is looked at, in bytes.
const LARGEST: usize = 16 << 20;

/// Opens pages.
pub struct Browser {
    runtime: Runtime,
}

impl Browser {
    /// A browser.
    ///
    /// # Errors
    /// When the machine gives no threads.
    pub fn new() -> Result<Self, Failure> {
        Ok(Self { runtime: runtime()? })
    }
}

impl Pages for Browser {
    fn open(&self, engine: &Engine, actor: &Actor, path: &str) -> Result<String, String> {
        self.runtime.block_on(open(engine, actor, path))
    }
}

async fn open(engine: &Engine, actor: &Actor, path: &str) -> Result<String, String> {
    let told = |refusal: Refusal| refusal.to_text(Locale::EN);
    let login = login(engine, actor).await?;
    let secret = engine.create_token(&login, "scenario").await.map_err(told)?;
    let request = Request::get(path)
        .header(header::HOST, "localhost")
        .header(header::COOKIE, format!("{}={secret}", session::COOKIE))
        .body(Body::empty())
        .map_err(|error| format!("`{path}` is no path of a page: {error}"))?;
    let router =
        fichero_web::router(engine.clone(), fichero_web::Setup::default()).map_err(|error| error.to_string())?;
    let answer = match router.oneshot(request).await {
        Ok(answer) => answer,
        Err(never) => match never {},
    };
    let status = answer.status();
    if status.is_redirection() {
        let target =
            answer.headers().get(header::LOCATION).and_then(|value| value.to_str().ok()).unwrap_or("elsewhere");
        return Err(format!("`{path}` leads to {target}"));
    }
    if status != StatusCode::OK {
        return Err(format!("`{path}` answers {status}"));
    }
    let bytes = to_bytes(answer.into_body(), LARGEST).await.map_err(|error| format!("`{path}` broke off: {error}"))?;
    Ok(unescaped(&String::from_utf8_lossy(&bytes)))
}

/// The log-in of who acts. A test that does not say who does looks as an administrator of its own.
async fn login(engine: &Engine, actor: &Actor) -> Result<String, String> {
    let told = |refusal: Refusal| refusal.to_text(Locale::EN);
    let Some(user) = actor.user else {
        if engine.user_by_login(NOBODY).await.is_err() {
            accounts::make(engine, NOBODY, "Scenario", true)
                .await
                .map_err(|failure| failure.what.unwrap_or_default())?;
        }
        return Ok(NOBODY.to_owned());
    };
    let shape = ShapeRequest { fields: vec!["login".to_owned()], expand: Vec::new() };
    let shown = engine.get(&Actor::system(actor.via), user, &shape).await.map_err(told)?;
    let login = shown.body.json()["login"].as_str().map(str::to_owned);
    login.ok_or_else(|| "who acts has no log-in, and cannot open a page".to_owned())
}

/// The page as people read it: signs that HTML writes in other words are written plainly.
fn unescaped(html: &str) -> String {
    const WORDS: [(&str, &str); 7] = [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#39;", "'"),
        ("&#x2f;", "/"),
        ("&amp;", "&"),
    ];
    // `&amp;` comes last, so that what was written as `&amp;lt;` stays `&lt;`.
    WORDS.iter().fold(html.to_owned(), |text, (word, sign)| text.replace(word, sign))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_are_written_plainly_once() {
        assert_eq!(unescaped("a &lt;b&gt; &amp;lt; &#x27;c&#x27;"), "a <b> &lt; 'c'");
    }
}
