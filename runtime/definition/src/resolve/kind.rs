//! How each field is stored: its kind, worked out in three rounds, as each needs the one before.
//!
//! First what a field says of itself (references name their entities), then lines and children (which need the
//! references of the rows), then lookups and rollups (which take the type of a field elsewhere). A field whose kind
//! cannot be told is a text, and *broken*.

use std::collections::HashMap;

use fichero_model::code;
use fichero_model::entity::Options;
use fichero_model::kind::{Kind, MoneyCurrency, OnDelete, Reference};
use fichero_model::value::Currency;
use fichero_model::{EntityId, FieldId, OptionsId};

use super::declare::{Declared, FieldDeclaration, Holder, Origin};
use super::findings::Findings;
use super::options::Vocabulary;
use super::types::{Layers, Word};
use super::{options, pipeline};
use crate::catalog::{Catalog, Document};
use crate::node::{Entry, Node};
use crate::shape::field::OPTION;

/// The longest text where its author says nothing, and the longest possible, in characters.
const TEXT: (u32, u32) = (255, 4_000);
/// The same for text of many lines.
const LONG_TEXT: (u32, u32) = (100_000, 10_000_000);
/// The same for a secret: a key or a certificate is longer than a password.
const SECRET: (u32, u32) = (4_000, 100_000);
/// Digits behind the point of a decimal where its author says nothing.
const SCALE: u8 = 4;

/// What the kinds of all fields are worked out from.
pub(super) struct Kinds<'k, 'c> {
    /// Everything declared.
    pub declared: &'k Declared<'c>,
    /// The documents.
    pub catalog: &'c Catalog,
    /// The currency of money that says nothing.
    pub currency: Currency,
    /// Every option set so far; fields add theirs.
    pub options: Vec<Options>,
    /// The runtime's own entities.
    pub user: EntityId,
    pub team: EntityId,
    /// The ids of `options` documents, by name.
    documents: HashMap<&'c str, OptionsId>,
    /// Option sets of `type` documents, which all fields of the type share, by where they are written.
    shared: HashMap<*const Node, OptionsId>,
    /// Option sets of stage fields, by entity and field.
    pub stages: HashMap<(EntityId, FieldId), OptionsId>,
}

impl<'k, 'c> Kinds<'k, 'c> {
    /// Nothing worked out yet but the `options` documents.
    pub fn new(
        declared: &'k Declared<'c>,
        catalog: &'c Catalog,
        currency: Currency,
        findings: &mut Findings<'_>,
    ) -> Self {
        let options = options::documents(catalog, findings);
        let user = declared.find("user").unwrap_or(EntityId(0));
        let team = declared.find("team").unwrap_or(EntityId(0));
        let documents =
            catalog.of_kind("options").zip(0..).map(|(document, index)| (&*document.name, OptionsId(index))).collect();
        Self {
            declared,
            catalog,
            currency,
            options,
            user,
            team,
            documents,
            shared: HashMap::new(),
            stages: HashMap::new(),
        }
    }

    /// The kind that a field says of itself. Lines, children, lookups and rollups without a type are texts for now.
    pub fn own(
        &mut self,
        entity: EntityId,
        id: FieldId,
        field: &FieldDeclaration<'c>,
        findings: &mut Findings<'_>,
    ) -> Kind {
        match &field.origin {
            Origin::System(system) => system_kind(*system, entity, self.user),
            Origin::Holder(holder) => {
                let target = match holder {
                    Holder::Team => self.team,
                    Holder::User => self.user,
                };
                reference(vec![target], OnDelete::Cascade)
            }
            Origin::Inverse { of, by } => Kind::Children { of: *of, by: *by },
            Origin::Stage { pipelines, .. } => {
                let owner = format!("{} of {}", field.name, self.declared.entities[entity.index()].name);
                let set = pipeline::options(&owner, pipelines, findings);
                let options = self.add(set);
                self.stages.insert((entity, id), options);
                Kind::Choice { options }
            }
            Origin::Written(node) => match (&field.field_type, field.layers()) {
                (Some(field_type), Some(layers)) => {
                    let owner = format!("{} of {}", field.name, self.declared.entities[entity.index()].name);
                    let kind = self.of_word(field_type.word, &layers, field, &owner, findings);
                    if kind.is_none() {
                        findings.set_broken(&field.name);
                    }
                    kind.unwrap_or_else(unknown)
                }
                _ => {
                    self.check_has_type(field, node, findings);
                    unknown()
                }
            },
        }
    }

    /// A field without a type: only a lookup and a rollup take that of another field.
    fn check_has_type(&self, field: &FieldDeclaration<'c>, node: &Node, findings: &mut Findings<'_>) {
        if node.get("type").is_some() || node.get("lookup").is_some() || node.get("rollup").is_some() {
            return;
        }
        let help = match ["formula", "compute", "copy"].iter().find(|key| node.get(key).is_some()) {
            Some(key) => format!("say what its `{key}` gives, such as `type: decimal`"),
            None => "give it a type, such as `type: text`".to_owned(),
        };
        findings.error_with_help(
            code::MISSING_KEY,
            &field.place,
            format!("the field `{}` has no type", field.name),
            help,
        );
        findings.set_broken(&field.name);
    }

    /// The kind of a `type` document by itself, over whose values its checks are compiled.
    pub fn of_type(&mut self, document: &'c Document, findings: &mut Findings<'_>) -> Option<Kind> {
        let found = self.declared.types.find(&document.name, &document.name_place, findings)?;
        let field = FieldDeclaration {
            name: document.name.clone(),
            place: document.name_place.clone(),
            origin: Origin::Written(&document.node),
            field_type: Some(found.clone()),
            whole: None,
            within: None,
        };
        let needs_more = match found.word {
            // Fields of the type say what is left open.
            Word::Ref => Layers::of_type(&found).get("to").is_none(),
            Word::Choice => Layers::of_type(&found).get("options").is_none(),
            _ => false,
        };
        if needs_more {
            return None;
        }
        self.of_word(found.word, &Layers::of_type(&found), &field, &document.name, findings)
    }

    /// The kind of a storage word with the keys of a field or type.
    fn of_word(
        &mut self,
        word: Word,
        layers: &Layers<'c>,
        field: &FieldDeclaration<'c>,
        owner: &str,
        findings: &mut Findings<'_>,
    ) -> Option<Kind> {
        Some(match word {
            Word::Text => Kind::Text { max: longest(layers, TEXT, findings)? },
            Word::LongText => Kind::LongText { max: longest(layers, LONG_TEXT, findings)? },
            Word::Sequence => Kind::Text { max: 100 },
            Word::Integer => Kind::Integer,
            Word::Decimal => Kind::Decimal {
                scale: layers
                    .get("scale")
                    .and_then(Node::as_integer)
                    .and_then(|scale| u8::try_from(scale).ok())
                    .unwrap_or(SCALE),
            },
            Word::Money => Kind::Money { currency: MoneyCurrency::Own(self.own_currency(layers)) },
            Word::Boolean => Kind::Boolean,
            Word::Date => Kind::Date,
            Word::Time => Kind::Time,
            Word::DateTime => Kind::DateTime,
            Word::Duration => Kind::Duration,
            Word::Json => Kind::Json,
            Word::Secret => Kind::Secret { max: longest(layers, SECRET, findings)? },
            Word::Choice => Kind::Choice { options: self.choice(layers, field, owner, findings)? },
            Word::Ref => self.reference(layers, field, findings)?,
            Word::File => Kind::File(super::media::accepted(layers, findings)?),
            // Known when the references of all rows are.
            Word::Lines | Word::Children => unknown(),
        })
    }

    fn own_currency(&self, layers: &Layers<'_>) -> Currency {
        // Whatever is no currency is a path to one, which is compiled with the other expressions.
        layers.get("currency").and_then(Node::as_text).and_then(|text| Currency::parse(text)).unwrap_or(self.currency)
    }

    fn choice(
        &mut self,
        layers: &Layers<'c>,
        field: &FieldDeclaration<'c>,
        owner: &str,
        findings: &mut Findings<'_>,
    ) -> Option<OptionsId> {
        let Some(entry) = layers.entry("options") else {
            let message = format!("the choice `{}` has no options", field.name);
            findings.error_with_help(
                code::MISSING_KEY,
                &field.place,
                message,
                "write `options: {first: First, second: Second}`, or name an `options` document",
            );
            return None;
        };
        if entry.value.as_text().is_some() {
            return self.document(&entry.value, findings);
        }
        let of_type = field.node().is_some_and(|node| node.get("options").is_none()) || layers.is_of_type();
        let address: *const Node = &raw const entry.value;
        if let Some(options) = self.shared.get(&address).filter(|_| of_type) {
            return Some(*options);
        }
        let owner = if of_type {
            format!("type {}", field.field_type.as_ref()?.documents.first()?.name)
        } else {
            owner.to_owned()
        };
        if entry.value.entries().is_empty() {
            findings.error(code::MISSING_KEY, &entry.key.place, format!("the choice `{}` has no options", field.name));
            return None;
        }
        let entries: Vec<&Entry> = entry.value.entries().iter().collect();
        let set =
            options::set(owner.into(), &entries, &Vocabulary { keys: &OPTION, fixed: &[], what: "option" }, findings);
        let options = self.add(set);
        self.shared.insert(address, options);
        Some(options)
    }

    /// The id of an `options` document.
    fn document(&self, node: &Node, findings: &mut Findings<'_>) -> Option<OptionsId> {
        let name = node.as_text()?;
        let found = self.documents.get(&**name).copied();
        if found.is_none() {
            let known = self.options.iter().take(self.documents.len()).map(|options| &*options.name);
            let message = format!("there is no document `options: {name}`");
            findings.unknown(code::UNKNOWN_REFERENCE, &node.place, message, name, known);
        }
        found
    }

    fn add(&mut self, options: Options) -> OptionsId {
        self.options.push(options);
        // At most 500 fields of 10,000 entities could have one each; more than u16 holds are refused in the end.
        OptionsId(u16::try_from(self.options.len() - 1).unwrap_or(u16::MAX))
    }

    fn reference(
        &self,
        layers: &Layers<'c>,
        field: &FieldDeclaration<'c>,
        findings: &mut Findings<'_>,
    ) -> Option<Kind> {
        let Some(to) = layers.get("to") else {
            let message = format!("the reference `{}` does not say what it points to", field.name);
            findings.error_with_help(
                code::MISSING_KEY,
                &field.place,
                message,
                "write `to:` and the name of an entity or mixin",
            );
            return None;
        };
        let targets = self.declared.targets(to, findings)?;
        let (required, many) = (layers.is("required"), layers.is("many"));
        let on_delete = match layers.entry("on_delete").map(|entry| (entry, entry.value.as_text().map(|text| &**text)))
        {
            Some((_, Some("cascade"))) => OnDelete::Cascade,
            Some((_, Some("restrict"))) => OnDelete::Restrict,
            Some((entry, Some("clear"))) => {
                if required && !many {
                    let message =
                        format!("`{}` is required, so it cannot be cleared when its target is deleted", field.name);
                    findings.error_with_help(
                        code::CONFLICTING_KEYS,
                        &entry.value.place,
                        message,
                        "write `on_delete: restrict` or `on_delete: cascade`",
                    );
                }
                OnDelete::Clear
            }
            // Nothing is said, or something that the check of shapes has told: what loses nothing, but for a link.
            _ if many => OnDelete::Clear,
            _ => OnDelete::Restrict,
        };
        Some(reference(targets, on_delete))
    }
}

/// The kind of a field of the runtime's own.
fn system_kind(system: fichero_model::entity::System, entity: EntityId, user: EntityId) -> Kind {
    use fichero_model::entity::System;
    match system {
        System::Id => reference(vec![entity], OnDelete::Clear),
        System::Version => Kind::Integer,
        System::CreatedAt | System::UpdatedAt | System::DeletedAt => Kind::DateTime,
        System::CreatedBy | System::UpdatedBy => reference(vec![user], OnDelete::Clear),
        System::DeletedBatch => Kind::Text { max: 64 },
    }
}

fn reference(targets: Vec<EntityId>, on_delete: OnDelete) -> Kind {
    Kind::Ref(Reference { targets: targets.into(), on_delete, choose: None, through: None })
}

/// What stands for a kind that is not known.
pub(super) fn unknown() -> Kind {
    Kind::Text { max: TEXT.0 }
}

/// The longest text in characters: what `max` says, within what can be stored.
fn longest(layers: &Layers<'_>, (usual, most): (u32, u32), findings: &mut Findings<'_>) -> Option<u32> {
    let Some(entry) = layers.of_one("max") else { return Some(usual) };
    match entry.value.as_integer().and_then(|max| u32::try_from(max).ok()).filter(|max| (1..=most).contains(max)) {
        Some(max) => Some(max),
        None => {
            let message = format!("`max` of a text is a number of characters from 1 to {most}");
            let help = if most == TEXT.1 { "a `longtext` holds more" } else { "write a whole number" };
            findings.error_with_help(code::BAD_VALUE, &entry.value.place, message, help);
            None
        }
    }
}
