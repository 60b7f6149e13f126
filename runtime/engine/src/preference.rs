//! What people decide about themselves without being administrators: the language they are spoken to in.

use fichero_model::label::Locale;
use fichero_model::value::Value;

use crate::actor::Actor;
use crate::command::{Command, Mode};
use crate::engine::Engine;
use crate::input::{Given, Input};
use crate::message::Message;
use crate::refusal::{Kind, Refusal};

impl Engine {
    /// Sets the language of whoever asks; nobody else's, and nothing else of theirs.
    ///
    /// # Errors
    /// When nobody is signed in, their record cannot be saved for another reason, or the language is not spoken.
    pub async fn prefer_locale(&self, actor: &Actor, locale: Locale) -> Result<(), Refusal> {
        let signed_out = || Refusal::new(Kind::Unauthenticated, "unauthenticated", Message::key("unauthenticated"));
        let user = actor.user.ok_or_else(signed_out)?;
        let live = self.live();
        let Some((field, _)) = live.model[user.entity].field("locale") else { return Ok(()) };
        let mut input = Input::default();
        input.put(field, Given::Value(Value::text(locale.as_str())));
        // People may not change their own record otherwise; it is logged as theirs.
        let allowed = Actor { admin: true, ..actor.clone() };
        let command = Command::Update { entity: user.entity, id: user.id, input, version: None };
        self.command(&allowed, command, Mode::Live, None).await?;
        self.remembered().forget();
        Ok(())
    }
}
