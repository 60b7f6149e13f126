//! The fields that the runtime gives every record, in the languages it speaks itself.

use std::sync::Arc;

use fichero_model::entity::{Field, Source, System};
use fichero_model::kind::Kind;
use fichero_model::label::{Locale, Text};
use fichero_model::place::Place;

use super::declare::Holder;

/// One of the runtime's own fields.
pub(super) fn field(system: System, kind: Kind, place: &Place) -> Field {
    let labels = match system {
        System::Id => ["ID", "ID", "ID"],
        System::Version => ["Version", "Versión", "Версия"],
        System::CreatedAt => ["Created", "Creado", "Создано"],
        System::CreatedBy => ["Created by", "Creado por", "Кто создал"],
        System::UpdatedAt => ["Changed", "Modificado", "Изменено"],
        System::UpdatedBy => ["Changed by", "Modificado por", "Кто изменил"],
        System::DeletedAt => ["Deleted", "Eliminado", "Удалено"],
        System::DeletedBatch => ["Deleted with", "Eliminado con", "Удалено вместе с"],
    };
    let type_name = kind.word();
    Field { label: text(labels), readonly: true, system: true, ..plain(system.name(), kind, type_name, place) }
}

/// The field of a settings record that says whose settings it holds.
pub(super) fn holder(holder: Holder, kind: Kind, place: &Place) -> Field {
    let labels = match holder {
        Holder::Team => ["For the team", "Para el equipo", "Для команды"],
        Holder::User => ["For the person", "Para la persona", "Для человека"],
    };
    Field { label: text(labels), unique: true, ..plain(holder.field(), kind, "ref", place) }
}

/// A field of which nothing is said but its name and kind.
pub(super) fn plain(name: &str, kind: Kind, type_name: &str, place: &Place) -> Field {
    Field {
        name: name.into(),
        was: Vec::new(),
        label: Text::from_name(name),
        help: None,
        type_name: Arc::from(type_name),
        kind,
        many: false,
        source: Source::Input,
        required: false,
        required_if: None,
        default: None,
        fill: None,
        readonly: false,
        readonly_if: None,
        once: false,
        append_only: false,
        cloned: false,
        visible_if: None,
        options_if: None,
        validate: Vec::new(),
        clean: Vec::new(),
        pattern: None,
        min: None,
        max: None,
        min_items: None,
        max_items: None,
        fix_rate_if: None,
        over: None,
        country: None,
        unit: None,
        unique: false,
        external: false,
        index: false,
        search: false,
        sensitive: false,
        personal: false,
        system: false,
        pipeline: None,
        part: None,
        widget: None,
        place: place.clone(),
    }
}

/// A text in English, Spanish and Russian.
fn text([en, es, ru]: [&str; 3]) -> Text {
    let mut all = Text::new(Locale::EN, en);
    for (locale, label) in [("es", es), ("ru", ru)] {
        if let Some(locale) = Locale::parse(locale) {
            all = all.with(locale, label);
        }
    }
    all
}
