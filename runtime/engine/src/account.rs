//! Accounts: passwords, sessions and tokens of the people in the runtime's own `user` entity.
//!
//! Passwords are kept as argon2id hashes (RFC 9106, the crate's recommended cost), tokens as SHA-256 of 32 random
//! bytes. After five failures in a row a name has to wait a minute from the last one, then two, four … up to an hour.
//! This is the first honest form; roles and second factors come to the same place.

mod people;
mod remembered;

use std::sync::Arc;

use argon2::Argon2;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fichero_model::Ref;
use fichero_model::expr::{Comparison, Expr, Node, Op, Row};
use fichero_model::kind::Type;
use fichero_model::label::Locale;
use fichero_model::value::Value;
use fichero_store::query::{Filter, Query};
use fichero_store::system::session::Session;
use fichero_store::system::token::Token;
use fichero_store::system::{login, password, session, token};
use fichero_store::{Isolation, Priority, Tx};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::actor::{Actor, Via};
use crate::command::Mode;
use crate::engine::Engine;
use crate::live::Live;
use crate::message::Message;
use crate::refusal::{Kind, Refusal};
pub use people::Person;
use remembered::Known;
pub use remembered::Remembered;

/// How long a session lasts from its beginning.
pub const SESSION: SignedDuration = SignedDuration::from_hours(12);

/// After this long without another try, failures are forgotten.
const FORGOTTEN: SignedDuration = SignedDuration::from_hours(24);

/// Failures in a row that are let pass.
const PATIENCE: i64 = 5;

/// The shortest password, in characters.
pub const SHORTEST: usize = 10;

/// The longest, in bytes: hashing takes time.
const LONGEST: usize = 1_000;

impl Engine {
    /// Signs somebody in; gives the secret of a new session.
    ///
    /// # Errors
    /// When name or password is wrong (the same answer for both), or the name has failed too often.
    pub async fn login(&self, login: &str, password: &str) -> Result<String, Refusal> {
        let name = fichero_model::fold::key(login);
        if name.is_empty() || name.len() > 200 || login.contains('\0') || password.len() > LONGEST {
            return Err(wrong());
        }
        let (until, user) = self.find_login(login, &name).await?;
        let now = self.clock().now();
        if let Some(until) = until.filter(|until| now < *until) {
            return Err(locked(until.duration_since(now)));
        }
        let (hash, user) = user.map_or((None, None), |(user, hash)| (hash, Some(user)));
        let right = self.verify(password.to_owned(), hash).await?;
        match user {
            Some(user) if right => {
                self.write(Priority::Interactive, Isolation::ReadCommitted, move |_, _, tx| {
                    login::succeeded(tx, &name).map_err(Refusal::from)
                })
                .await?;
                self.open_session(user).await
            }
            _ => {
                let forgotten = now.checked_sub(FORGOTTEN).unwrap_or(Timestamp::MIN);
                self.write(Priority::Interactive, Isolation::ReadCommitted, move |_, _, tx| {
                    login::failed(tx, &name, now, forgotten).map_err(Refusal::from)
                })
                .await?;
                Err(wrong())
            }
        }
    }

    /// Ends a session.
    ///
    /// # Errors
    /// When the database cannot be written.
    pub async fn logout(&self, secret: &str) -> Result<(), Refusal> {
        let hash = digest(secret);
        self.remembered().forget();
        self.write(Priority::Interactive, Isolation::ReadCommitted, move |_, _, tx| {
            session::end(tx, &hash).map_err(Refusal::from)
        })
        .await
    }

    /// Who holds a secret.
    ///
    /// # Errors
    /// When nobody does, it has ended, or the person is no longer active.
    pub async fn authenticate(&self, secret: &str, via: Via) -> Result<Actor, Refusal> {
        let (hash, now) = (digest(secret), self.clock().now());
        let known = match self.remembered().get(&hash, now) {
            Some(known) => known,
            None => {
                let since = self.remembered().since();
                let known = self.look_up_token(hash, now).await?;
                self.remembered().put(hash, known.clone(), now, since);
                known
            }
        };
        let user = Ref { entity: self.live().model.user, id: known.user };
        Ok(Actor { user: Some(user), admin: known.admin, locale: known.locale, via, cause: None })
    }

    /// Makes a token for programs; gives its secret, which is shown this once.
    ///
    /// # Errors
    /// When there is no such user, or the database cannot be written.
    pub async fn create_token(&self, login: &str, name: &str) -> Result<String, Refusal> {
        let user = self.user_by_login(login).await?;
        let secret = self.secret();
        let (hash, now) = (digest(&secret), self.clock().now());
        let token = Token {
            id: self.ids().id(now),
            user: user.id,
            name: name.into(),
            created_at: now,
            expires_at: None,
            used_at: None,
        };
        self.write(Priority::Interactive, Isolation::ReadCommitted, move |_, _, tx| {
            token::add(tx, &token, &hash).map_err(Refusal::from)
        })
        .await?;
        Ok(secret)
    }

    /// Gives somebody a password; their sessions end.
    ///
    /// # Errors
    /// When it is too short or too long, there is no such user, or the database cannot be written.
    pub async fn set_password(&self, login: &str, password: &str) -> Result<(), Refusal> {
        check_password(password)?;
        let user = self.user_by_login(login).await?;
        let hash = hash(password.to_owned()).await?;
        let now = self.clock().now();
        self.write(Priority::Interactive, Isolation::ReadCommitted, move |_, _, tx| {
            password::set(tx, user.id, &hash, now)?;
            session::end_all(tx, user.id)?;
            Ok::<_, Refusal>(())
        })
        .await?;
        self.remembered().forget();
        Ok(())
    }

    /// Whether anybody can sign in at all.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn has_accounts(&self) -> Result<bool, Refusal> {
        self.read(|_, _, tx| password::anybody(tx).map_err(Refusal::from)).await
    }

    /// The user with a log-in.
    ///
    /// # Errors
    /// When there is none.
    pub async fn user_by_login(&self, login: &str) -> Result<Ref, Refusal> {
        let login = login.to_owned();
        self.read(move |engine, live, tx| {
            let actor = Actor::system(Via::System);
            let row = user_row(engine, &live, tx, &actor, &login)?;
            row.and_then(|row| row.reference()).ok_or_else(Refusal::not_found)
        })
        .await
    }

    /// Until when the name has to wait, and who it is with their password's hash.
    async fn find_login(
        &self,
        login: &str,
        name: &str,
    ) -> Result<(Option<Timestamp>, Option<(Ref, Option<String>)>), Refusal> {
        let (login, name) = (login.to_owned(), name.to_owned());
        self.read(move |engine, live, tx| {
            let until = login::failures(tx, &name)?.and_then(|failures| {
                let over = u32::try_from(failures.count - PATIENCE).ok()?;
                failures.last_at.checked_add(SignedDuration::from_mins(1 << over.min(6))).ok()
            });
            let actor = Actor::system(Via::System);
            let row = user_row(engine, &live, tx, &actor, &login)?;
            let user = match row.filter(|row| is_active(&live, row)).and_then(|row| row.reference()) {
                Some(user) => Some((user, password::of(tx, user.id)?.map(|hash| hash.to_string()))),
                None => None,
            };
            Ok((until, user))
        })
        .await
    }

    async fn look_up_token(&self, hash: [u8; 32], now: Timestamp) -> Result<Known, Refusal> {
        self.read(move |engine, live, tx| {
            let (user, expires_at) = match session::find(tx, &hash, now)? {
                Some(session) => (session.user, Some(session.expires_at)),
                None => {
                    let token = token::find(tx, &hash, now)?.ok_or_else(signed_out)?;
                    (token.user, token.expires_at)
                }
            };
            let user = Ref { entity: live.model.user, id: user };
            let (admin, locale) = known(engine, &live, tx, user)?;
            Ok(Known { user: user.id, admin, locale, expires_at })
        })
        .await
    }

    /// Somebody who does nothing at the moment, with the rights and the language they have now.
    ///
    /// # Errors
    /// When they are gone or may not sign in any more.
    pub(crate) async fn person(&self, user: Ref, via: Via) -> Result<Actor, Refusal> {
        self.read(move |engine, live, tx| {
            let (admin, locale) = known(engine, &live, tx, user)?;
            Ok(Actor { user: Some(user), admin, locale, via, cause: None })
        })
        .await
    }

    async fn open_session(&self, user: Ref) -> Result<String, Refusal> {
        let secret = self.secret();
        let now = self.clock().now();
        let mut csrf = [0; 32];
        self.ids().random(&mut csrf);
        let session = Session {
            token_hash: Arc::from(digest(&secret).as_slice()),
            user: user.id,
            csrf: Arc::from(csrf.as_slice()),
            created_at: now,
            seen_at: now,
            expires_at: now.checked_add(SESSION).unwrap_or(Timestamp::MAX),
        };
        self.write(Priority::Interactive, Isolation::ReadCommitted, move |_, _, tx| {
            session::add(tx, &session).map_err(Refusal::from)
        })
        .await?;
        Ok(secret)
    }

    /// A fresh secret of 32 random bytes.
    fn secret(&self) -> String {
        let mut bytes = [0; 32];
        self.ids().random(&mut bytes);
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Compares a password with a hash, on a thread that may take its time. Without a hash as much time is taken, so
    /// that nobody can tell by it which names exist.
    async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, Refusal> {
        let Some(hash) = hash else {
            let _ = self::hash(password).await?;
            return Ok(false);
        };
        blocking(move || {
            PasswordHash::new(&hash)
                .is_ok_and(|hash| Argon2::default().verify_password(password.as_bytes(), &hash).is_ok())
        })
        .await
    }
}

/// Whether a password may be one.
fn check_password(password: &str) -> Result<(), Refusal> {
    let refuse =
        |key, bound: usize| Err(Refusal::new(Kind::Invalid, "password", Message::with(key, [bound.to_string()])));
    if password.chars().count() < SHORTEST {
        refuse("password_short", SHORTEST)
    } else if password.len() > LONGEST {
        refuse("password_long", LONGEST)
    } else {
        Ok(())
    }
}

async fn hash(password: String) -> Result<String, Refusal> {
    blocking(move || Argon2::default().hash_password(password.as_bytes()).map(|hash| hash.to_string()))
        .await?
        .map_err(|error| Refusal::internal("password", &error))
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Refusal> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Refusal::internal("password", &error))
}

fn digest(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

fn user_row(
    engine: &Engine,
    live: &Arc<Live>,
    tx: &mut Tx,
    actor: &Actor,
    login: &str,
) -> Result<Option<Arc<Row>>, Refusal> {
    let user = live.model.user;
    let Some((field, _)) = live.model[user].field("login") else { return Ok(None) };
    let work = engine.work(Arc::clone(live), tx, actor, Mode::Live);
    // Order compares texts as uniqueness does, whatever their capitals and accents; equality would be exact.
    let bound = |comparison| {
        let this = live.field_expr(user, field);
        let login = Node { op: Op::Literal(Value::text(login.trim())), ty: Type::Text, at: 0..0 };
        let op = Op::Compare(comparison, Box::new(this.root.clone()), Box::new(login));
        Expr { root: Node { op, ty: Type::Boolean, at: 0..0 }, ..this }
    };
    let (least, greatest) = (bound(Comparison::GreaterOrEqual), bound(Comparison::LessOrEqual));
    let filter = Filter::all(user).and(&least).and(&greatest);
    Ok(work.page(&Query::new(filter, 1), None)?.0.rows.into_iter().next())
}

/// Whether somebody is an administrator, and their language.
fn known(engine: &Engine, live: &Arc<Live>, tx: &mut Tx, user: Ref) -> Result<(bool, Locale), Refusal> {
    let actor = Actor::system(Via::System);
    let row = engine.work(Arc::clone(live), tx, &actor, Mode::Live).living(user)?;
    let row = row.filter(|row| is_active(live, row)).ok_or_else(signed_out)?;
    let locale = own(live, &row, "locale").as_text().and_then(Locale::parse);
    Ok((own(live, &row, "admin").is_true(), locale.unwrap_or(live.model.workspace.locale)))
}

fn own<'r>(live: &Live, row: &'r Row, name: &str) -> &'r Value {
    live.model[live.model.user].field(name).map_or(&Value::Nothing, |(field, _)| row.get(field))
}

fn is_active(live: &Live, row: &Row) -> bool {
    own(live, row, "active").is_true()
}

/// How long is still to be waited, rounded up: who tries again then is heard.
fn locked(left: SignedDuration) -> Refusal {
    let seconds = u64::try_from(left.as_millis()).unwrap_or_default().div_ceil(1000).max(1);
    let minutes = seconds.div_ceil(60).to_string();
    Refusal {
        retry_after: u32::try_from(seconds).ok(),
        ..Refusal::new(Kind::TooMany, "locked", Message::with("locked", [minutes]))
    }
}

fn wrong() -> Refusal {
    Refusal::new(Kind::Unauthenticated, "bad_credentials", Message::key("bad_credentials"))
}

fn signed_out() -> Refusal {
    Refusal::new(Kind::Unauthenticated, "unauthenticated", Message::key("unauthenticated"))
}
