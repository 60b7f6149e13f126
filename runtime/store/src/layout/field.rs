//! The columns of one field.

use std::sync::Arc;

use fichero_model::entity::{Source, System};
use fichero_model::kind::Kind;
use fichero_model::{EntityId, FieldId, Model};

use super::tables::quoted;
use crate::schema::{self, Role};
use crate::{ColumnType, Error};

/// What lies in the columns of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// A reference to the record itself or to records of one entity.
    Ref(EntityId),
    /// A reference to records of several entities, with the table's name beside it.
    AnyRef,
    /// An id that expressions see as text.
    Id,
    /// Text; with its key beside it when it is one line.
    Text { keyed: bool },
    /// An option's name.
    Choice,
    /// A whole number.
    Integer,
    /// Seconds.
    Duration,
    /// A number times `10^scale`.
    Decimal { scale: u8 },
    /// Amount, currency and worth.
    Money,
    /// True or false.
    Boolean,
    /// A day.
    Date,
    /// A time of day.
    Time,
    /// A moment.
    DateTime,
    /// Structured data.
    Json,
    /// Several values of a form, as a JSON list.
    Many(Box<Form>),
}

/// How many digits behind the point money has.
pub(crate) const MONEY_SCALE: u8 = 4;

/// The columns of a field, named as statements write them.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    pub(crate) form: Form,
    /// The value itself; of money the amount.
    pub(crate) value: Arc<str>,
    /// The folded key of a text.
    pub(crate) key: Option<Arc<str>>,
    /// The currency of money.
    pub(crate) currency: Option<Arc<str>>,
    /// The worth of money in the workspace's currency.
    pub(crate) base: Option<Arc<str>>,
    /// The table that a reference points into.
    pub(crate) kind: Option<Arc<str>>,
    /// Whether a computed value was overridden.
    pub(crate) overridden: Option<Arc<str>>,
    /// Whether the column may hold null.
    pub(crate) nullable: bool,
}

impl Form {
    /// The type of the value's own column.
    pub(crate) fn column(&self) -> ColumnType {
        match self {
            Form::Ref(_) | Form::AnyRef | Form::Id => ColumnType::Id,
            Form::Text { .. } | Form::Choice => ColumnType::Text,
            Form::Integer | Form::Duration | Form::Decimal { .. } | Form::Money => ColumnType::Integer,
            Form::Boolean => ColumnType::Boolean,
            Form::Date => ColumnType::Date,
            Form::Time => ColumnType::Time,
            Form::DateTime => ColumnType::DateTime,
            Form::Json | Form::Many(_) => ColumnType::Json,
        }
    }
}

impl Stored {
    /// The columns that are read, in the order the codec wants them.
    pub(crate) fn read(&self) -> impl Iterator<Item = (&str, ColumnType)> {
        let value = std::iter::once((&*self.value, self.form.column()));
        value.chain(self.beside())
    }

    /// The columns that are written, in the order the codec gives them.
    pub(crate) fn written(&self) -> impl Iterator<Item = &str> {
        let value = std::iter::once(&*self.value).chain(self.key.as_deref());
        value.chain(self.beside().map(|(name, _)| name))
    }

    fn beside(&self) -> impl Iterator<Item = (&str, ColumnType)> {
        [
            (self.currency.as_deref(), ColumnType::Text),
            (self.base.as_deref(), ColumnType::Integer),
            (self.kind.as_deref(), ColumnType::Text),
            (self.overridden.as_deref(), ColumnType::Boolean),
        ]
        .into_iter()
        .filter_map(|(name, ty)| Some((name?, ty)))
    }
}

/// Finds the columns of a stored field in the schema.
pub(super) fn stored(model: &Model, entity: EntityId, id: FieldId, recorded: &schema::Field) -> Result<Stored, Error> {
    let field = &model[entity][id];
    let form = match System::ALL.into_iter().find(|system| system.field() == id) {
        Some(system) => of_system(system, model, entity),
        None => {
            let one = of_kind(&field.kind);
            if field.many { Form::Many(Box::new(one)) } else { one }
        }
    };
    let column = |role: Role| recorded.column(role).map(quoted);
    let need = |role: Role| {
        column(role).ok_or_else(|| {
            let entity = &model[entity].name;
            Error::Corrupt(format!("the schema has no `{role:?}` column for `{entity}.{}`", field.name))
        })
    };
    let need_when = |wanted: bool, role: Role| if wanted { need(role).map(Some) } else { Ok(None) };
    let nullable = !matches!(
        System::ALL.into_iter().find(|system| system.field() == id),
        Some(System::Id | System::Version | System::CreatedAt | System::UpdatedAt)
    );
    Ok(Stored {
        value: need(Role::Value)?,
        key: need_when(matches!(form, Form::Text { keyed: true }), Role::Key)?,
        currency: need_when(form == Form::Money, Role::Currency)?,
        base: need_when(form == Form::Money, Role::Base)?,
        kind: need_when(form == Form::AnyRef, Role::Kind)?,
        overridden: need_when(matches!(field.source, Source::Compute(_)), Role::Override)?,
        nullable,
        form,
    })
}

fn of_system(system: System, model: &Model, entity: EntityId) -> Form {
    match system {
        System::Id => Form::Ref(entity),
        System::Version => Form::Integer,
        System::CreatedAt | System::UpdatedAt | System::DeletedAt => Form::DateTime,
        System::CreatedBy | System::UpdatedBy => Form::Ref(model.user),
        System::DeletedBatch => Form::Id,
    }
}

fn of_kind(kind: &Kind) -> Form {
    match kind {
        Kind::Text { .. } => Form::Text { keyed: true },
        Kind::LongText { .. } | Kind::Secret { .. } => Form::Text { keyed: false },
        Kind::Integer => Form::Integer,
        Kind::Decimal { scale } => Form::Decimal { scale: *scale },
        Kind::Money { .. } => Form::Money,
        Kind::Boolean => Form::Boolean,
        Kind::Date => Form::Date,
        Kind::Time => Form::Time,
        Kind::DateTime => Form::DateTime,
        Kind::Duration => Form::Duration,
        Kind::Choice { .. } => Form::Choice,
        Kind::Ref(reference) => match *reference.targets {
            [only] => Form::Ref(only),
            _ => Form::AnyRef,
        },
        Kind::File(_) => Form::Id,
        Kind::Json => Form::Json,
        // Fields without columns; they are never asked for.
        Kind::Lines { .. } | Kind::Children { .. } => Form::Json,
    }
}
