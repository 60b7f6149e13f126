//! Entities and their fields, as the model knows them: every name resolved, every expression compiled.

use std::sync::Arc;

use crate::duplicate::Duplicates;
use crate::expr::{Expr, Setting};
use crate::html;
use crate::id::{EntityId, FieldId, OptionsId, PipelineId};
use crate::kind::{Kind, Type};
use crate::label::Text;
use crate::phone;
use crate::place::Place;
use crate::rule::{Message, Rule};

/// The fields every entity has, first and in this order; see [`System::ALL`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// The record's identity, a reference to itself.
    Id,
    /// Raised by one with each change by a command, beginning at 1.
    Version,
    /// When it was made.
    CreatedAt,
    /// By whom, nothing for the system.
    CreatedBy,
    /// When a command last changed it.
    UpdatedAt,
    /// By whom, nothing for the system.
    UpdatedBy,
    /// When it was put into the trash, nothing while it lives.
    DeletedAt,
    /// The batch it was put into the trash with: restoring one brings the batch back. Stored as text.
    DeletedBatch,
}

impl System {
    /// All of them, in the order of their field ids.
    pub const ALL: [System; 8] = [
        System::Id,
        System::Version,
        System::CreatedAt,
        System::CreatedBy,
        System::UpdatedAt,
        System::UpdatedBy,
        System::DeletedAt,
        System::DeletedBatch,
    ];

    /// Its field id, the same in every entity.
    pub const fn field(self) -> FieldId {
        FieldId(self as u16)
    }

    /// Its name in expressions, JSON and the database.
    pub const fn name(self) -> &'static str {
        match self {
            System::Id => "id",
            System::Version => "version",
            System::CreatedAt => "created_at",
            System::CreatedBy => "created_by",
            System::UpdatedAt => "updated_at",
            System::UpdatedBy => "updated_by",
            System::DeletedAt => "deleted_at",
            System::DeletedBatch => "deleted_batch",
        }
    }
}

/// A kind of record.
#[derive(Clone, Debug)]
pub struct Entity {
    /// Unique in the model.
    pub name: Arc<str>,
    /// Names it had before, newest first.
    pub was: Vec<Arc<str>>,
    /// One of them.
    pub label: Text,
    /// Several of them.
    pub plural: Text,
    /// What it is for, for people.
    pub help: Option<Text>,
    /// The name of a drawing.
    pub icon: Option<Arc<str>>,
    /// The field that stands for the record in links and lists.
    pub title: FieldId,
    /// All fields: first [`System::ALL`], then those of mixins, then its own, in the author's order.
    pub fields: Vec<Field>,
    /// Its fields of several parts.
    pub groups: Vec<Group>,
    /// Uniqueness rules.
    pub unique: Vec<Unique>,
    /// Indexes asked for.
    pub indexes: Vec<Index>,
    /// Rules by which two records are likely the same.
    pub duplicates: Vec<Duplicates>,
    /// Rules in the order they run.
    pub rules: Vec<Rule>,
    /// The mixins it is like.
    pub mixins: Vec<Arc<str>>,
    /// The entity whose `lines` these records are, with the field here that refers to it.
    pub line_of: Option<LineOf>,
    /// The reference to the record above, where the records form a hierarchy. None lies below itself.
    pub tree: Option<FieldId>,
    /// True when records may be added, but neither changed nor deleted.
    pub append_only: bool,
    /// Order in which computed fields are refreshed: each after what it reads.
    pub compute_order: Vec<FieldId>,
    /// Where it is declared.
    pub place: Place,
    /// The pack that declares it; nothing for the runtime's own or the workspace's.
    pub pack: Option<Arc<str>>,
}

/// That the records of an entity are lines of a parent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineOf {
    /// The parent entity.
    pub parent: EntityId,
    /// The `lines` field of the parent.
    pub field: FieldId,
    /// The reference to the parent in the line.
    pub by: FieldId,
}

/// A field of several parts: an address, a person's name.
#[derive(Clone, Debug)]
pub struct Group {
    /// The text that shows its parts together.
    pub field: FieldId,
    /// The parts in order: what the type calls each, and the field it is.
    pub parts: Vec<(Arc<str>, FieldId)>,
}

impl Group {
    /// The field of a part.
    pub fn part(&self, name: &str) -> Option<FieldId> {
        self.parts.iter().find(|(part, _)| &**part == name).map(|(_, field)| *field)
    }
}

/// That a field is a part of a group.
#[derive(Clone, Debug)]
pub struct Part {
    /// The field that shows the group.
    pub of: FieldId,
    /// What people call it within the group; its own label names the group too.
    pub label: Text,
}

/// A field of an entity.
#[derive(Clone, Debug)]
pub struct Field {
    /// Unique in its entity.
    pub name: Arc<str>,
    /// Names it had before, newest first.
    pub was: Vec<Arc<str>>,
    /// What people call it.
    pub label: Text,
    /// A line of help.
    pub help: Option<Text>,
    /// The type the author wrote: a storage kind, or the name of a `type` document.
    pub type_name: Arc<str>,
    /// How it is stored.
    pub kind: Kind,
    /// True when it holds several values.
    pub many: bool,
    /// Where its value comes from.
    pub source: Source,
    /// A save without it is refused.
    pub required: bool,
    /// A save without it is refused while this is true.
    pub required_if: Option<Expr>,
    /// What a new record gets when nothing is given.
    pub default: Option<Setting>,
    /// What old rows get when the field becomes required.
    pub fill: Option<Setting>,
    /// People and programs may not write it.
    pub readonly: bool,
    /// They may not while this is true.
    pub readonly_if: Option<Expr>,
    /// It may be given once and not changed after.
    pub once: bool,
    /// What it holds cannot be taken away: a list and its entries, and a text at its end, only grow.
    pub append_only: bool,
    /// A copy of the record begins with its value.
    pub cloned: bool,
    /// It is shown while this is true.
    pub visible_if: Option<Expr>,
    /// Which options may be chosen: a condition over the record, with `value` for the option.
    pub options_if: Option<Expr>,
    /// Bad cases, the type's first. `value` is the value at hand.
    pub validate: Vec<Check>,
    /// How a text is mended before it is checked.
    pub clean: Vec<Clean>,
    /// A regular expression the whole text must match.
    pub pattern: Option<Pattern>,
    /// Least value or length, as the kind means it.
    pub min: Option<crate::Value>,
    /// Greatest value; a text's longest length is in its kind.
    pub max: Option<crate::Value>,
    /// The least number of entries of a list that has any.
    pub min_items: Option<u32>,
    /// The greatest number of entries of a list.
    pub max_items: Option<u32>,
    /// While this is true, money keeps the rate it was last valued at.
    pub fix_rate_if: Option<Expr>,
    /// The entity that it holds a condition over.
    pub over: Option<EntityId>,
    /// Of a phone number that is written without its country's code: the country, as two letters of ISO 3166.
    pub country: Option<Expr>,
    /// A unit shown behind numbers.
    pub unit: Option<Text>,
    /// No two living records may share a value.
    pub unique: bool,
    /// Other systems know the record by it: unique, and import and API upsert by it.
    pub external: bool,
    /// Kept in an index of its own.
    pub index: bool,
    /// Found by search.
    pub search: bool,
    /// Reading it is recorded.
    pub sensitive: bool,
    /// It is data about a person.
    pub personal: bool,
    /// One of the runtime's own fields, which packs cannot change.
    pub system: bool,
    /// The pipeline whose stages are its values.
    pub pipeline: Option<PipelineId>,
    /// The group it is a part of.
    pub part: Option<Part>,
    /// The widget the author asked for.
    pub widget: Option<Arc<str>>,
    /// Where it is declared.
    pub place: Place,
}

impl Field {
    /// The type of the field in expressions.
    pub fn value_type(&self) -> Type {
        let one = self.kind.value_type();
        if self.many { Type::List(Arc::new(one)) } else { one }
    }

    /// The text as it is kept: mended as the field says. In a text of one line each line break and tab becomes a blank,
    /// so that what was copied from several lines stays readable.
    pub fn cleaned(&self, text: &str) -> String {
        let mut text = match self.kind {
            Kind::Text { .. } => text.replace("\r\n", " ").replace(['\r', '\n', '\t'], " "),
            _ => text.replace("\r\n", "\n"),
        };
        for step in &self.clean {
            text = match step {
                Clean::Trim => text.trim().to_owned(),
                Clean::Squeeze => text.split_whitespace().collect::<Vec<_>>().join(" "),
                Clean::Lower => text.to_lowercase(),
                Clean::Upper => text.to_uppercase(),
                Clean::Digits => text.chars().filter(char::is_ascii_digit).collect(),
                // One without the code of its country is read where the whole record is known.
                Clean::Phone => phone::international(&text).into_owned(),
                Clean::Html => html::clean(&text),
            };
        }
        text
    }

    /// True when it holds phone numbers.
    pub fn is_phone(&self) -> bool {
        self.clean.contains(&Clean::Phone)
    }

    /// True when it holds rich text.
    pub fn is_html(&self) -> bool {
        self.clean.contains(&Clean::Html)
    }

    /// True when the record's own row has a column for it.
    pub fn is_stored(&self) -> bool {
        match &self.source {
            Source::Lookup(_) => false,
            Source::Formula { stored, .. } => *stored,
            Source::Input | Source::Compute(_) | Source::Copy(_) | Source::Rollup(_) | Source::Sequence(_) => {
                !self.kind.is_rows() && !self.is_link()
            }
        }
    }

    /// True for a reference to many records, which is kept in a table of its own.
    pub fn is_link(&self) -> bool {
        self.many && matches!(self.kind, Kind::Ref(_))
    }

    /// True when every record has a value: one is asked for, and nothing hides the field.
    pub fn is_always_given(&self) -> bool {
        self.required && self.visible_if.is_none()
    }

    /// True when people and programs may write it at all.
    pub fn is_input(&self) -> bool {
        !self.system
            && matches!(self.source, Source::Input | Source::Compute(_) | Source::Copy(_))
            && !matches!(self.kind, Kind::Children { .. })
    }
}

/// Where a field's value comes from.
#[derive(Clone, Debug)]
pub enum Source {
    /// Whoever writes the record.
    Input,
    /// Follows its inputs until somebody overrides it; then the override stays until it is emptied.
    Compute(Expr),
    /// Taken when one of the references it reads is chosen, and stays editable.
    Copy(Expr),
    /// Never writable. `stored` when it reads only the record's own fields and constants of the model; else it is
    /// computed whenever it is read.
    Formula {
        /// What it is.
        value: Expr,
        /// Kept in a column.
        stored: bool,
    },
    /// A path through references to a field elsewhere, never stored.
    Lookup(Expr),
    /// A count, sum, least, greatest or average over child rows, kept in the transaction that changes a child.
    Rollup(Rollup),
    /// A number given out when the record is made.
    Sequence(Sequence),
}

/// A value kept over child rows.
#[derive(Clone, Debug)]
pub struct Rollup {
    /// What is kept.
    pub function: RollupFunction,
    /// The `lines` or `children` field of the same entity.
    pub over: FieldId,
    /// What is taken of each child, over the child's own stored fields; nothing for a count.
    pub of: Option<Expr>,
    /// Which children count, over the child's own fields; all when nothing.
    pub filter: Option<Expr>,
}

/// What a rollup keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollupFunction {
    /// How many; of none it is 0.
    Count,
    /// Their sum; of none it is 0.
    Sum,
    /// The least; of none it is nothing.
    Min,
    /// The greatest; of none it is nothing.
    Max,
    /// The mean; of none it is nothing.
    Avg,
}

/// How a sequence writes its numbers.
#[derive(Clone, Debug)]
pub struct Sequence {
    /// The pieces of the pattern in order.
    pub pattern: Vec<SequencePart>,
    /// When counting begins again at 1.
    pub per: SequencePeriod,
    /// The author says that no number may be missing. None ever is: a number is given in the record's own transaction, and
    /// writers wait for each other.
    pub gapless: bool,
}

/// A piece of a sequence's pattern.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SequencePart {
    /// Text as it stands.
    Text(Arc<str>),
    /// Four digits of the year.
    Year,
    /// Two digits of the year.
    ShortYear,
    /// Two digits of the month.
    Month,
    /// Two digits of the day.
    Day,
    /// The number, filled with zeros to at least this many digits.
    Number(u8),
}

/// When a sequence begins again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SequencePeriod {
    /// Never.
    Ever,
    /// With each calendar year of the workspace's zone.
    Year,
    /// With each month.
    Month,
    /// With each day.
    Day,
}

/// A bad case of a field's value and what is said of it.
#[derive(Clone, Debug)]
pub struct Check {
    /// The name the author gave it.
    pub name: Arc<str>,
    /// The bad case; `value` is the value at hand.
    pub bad: Expr,
    /// What the writer is told.
    pub message: Message,
}

/// How a text is mended before it is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clean {
    /// White space at both ends goes.
    Trim,
    /// Runs of white space become one space.
    Squeeze,
    /// Lower case.
    Lower,
    /// Upper case.
    Upper,
    /// Only digits stay.
    Digits,
    /// Rich text, of which only what is on a list stays ([`crate::html`]).
    Html,
    /// A phone number, kept as E.164 writes it ([`crate::phone`]).
    Phone,
}

/// A regular expression over a whole text. Matching takes time linear in the text.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// As the author wrote it.
    pub text: Arc<str>,
    /// Compiled and anchored at both ends.
    pub regex: regex::Regex,
}

/// A uniqueness rule over living records.
#[derive(Clone, Debug)]
pub struct Unique {
    /// The name the author gave it.
    pub name: Arc<str>,
    /// The stored fields that may not all be equal; a record where one is nothing never collides.
    pub fields: Vec<FieldId>,
    /// Then records may share them after all, but at no time: they are refused where their times overlap.
    pub overlap: Option<Overlap>,
    /// Only records for which this holds count.
    pub filter: Option<Expr>,
    /// Texts compare exactly rather than by their folded key.
    pub exact: bool,
    /// What the writer is told; a general message when nothing.
    pub message: Option<Message>,
    /// Where it is declared.
    pub place: Place,
}

/// The fields between which a record takes its time: both days, or both moments. From the start to just before the end;
/// of days the last one is taken too. Nothing is open: always has been, or for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overlap {
    /// Where the time starts.
    pub starts: FieldId,
    /// Where it ends.
    pub ends: FieldId,
}

impl Unique {
    /// All fields that the rule is about: those that are shared, and those of the time.
    pub fn all_fields(&self) -> impl Iterator<Item = FieldId> {
        let time = self.overlap.into_iter().flat_map(|time| [time.starts, time.ends]);
        self.fields.iter().copied().chain(time)
    }
}

/// An index an author asked for.
#[derive(Clone, Debug)]
pub struct Index {
    /// The name the author gave it.
    pub name: Arc<str>,
    /// The stored fields, in order.
    pub fields: Vec<FieldId>,
    /// Only records for which this holds are in it.
    pub filter: Option<Expr>,
}

/// A set of options: of a choice field, of an `options` document, or the stages of a field.
#[derive(Clone, Debug)]
pub struct Options {
    /// For messages: `source of opportunity`, or the name of the document.
    pub name: Arc<str>,
    /// The options in the author's order, which is also their sort order.
    pub options: Vec<Choice>,
    /// Extra keys that every living option gives, of one type.
    pub attributes: Vec<Attribute>,
}

impl Options {
    /// The option of that name, living or retired.
    pub fn find(&self, name: &str) -> Option<&Choice> {
        self.options.iter().find(|option| &*option.name == name)
    }

    /// The place of an option in the author's order.
    pub fn rank(&self, name: &str) -> Option<usize> {
        self.options.iter().position(|option| &*option.name == name)
    }
}

/// One option.
#[derive(Clone, Debug)]
pub struct Choice {
    /// As stored and written in expressions.
    pub name: Arc<str>,
    /// Names it had before or took over.
    pub was: Vec<Arc<str>>,
    /// What people see.
    pub label: Text,
    /// A line of help.
    pub help: Option<Text>,
    /// The name of a drawing.
    pub icon: Option<Arc<str>>,
    /// The name of a colour of the palette.
    pub color: Option<Arc<str>>,
    /// It may stay where it is, but not be chosen anew.
    pub retired: bool,
    /// The value of each of the set's attributes, in their order.
    pub attributes: Vec<crate::Value>,
}

/// An extra key of options or stages that expressions may read.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: Arc<str>,
    /// Its type.
    pub ty: Type,
}

impl Entity {
    /// The group that a field shows, if it shows one.
    pub fn group(&self, field: FieldId) -> Option<&Group> {
        self.groups.iter().find(|group| group.field == field)
    }

    /// What a field comes down to: the parts of a group, also of groups within, or the field itself.
    pub fn leaves(&self, field: FieldId) -> Vec<FieldId> {
        match self.group(field) {
            Some(group) => group.parts.iter().flat_map(|(_, part)| self.leaves(*part)).collect(),
            None => vec![field],
        }
    }

    /// The field of a name, or of a path to a part of a group: `address.city`.
    pub fn field_at(&self, path: &str) -> Option<FieldId> {
        let mut steps = path.split('.');
        let (first, _) = self.field(steps.next()?)?;
        steps.try_fold(first, |field, part| self.group(field)?.part(part))
    }

    /// The field of that name and its id.
    pub fn field(&self, name: &str) -> Option<(FieldId, &Field)> {
        self.fields
            .iter()
            .enumerate()
            .find(|(_, field)| &*field.name == name)
            .map(|(index, field)| (FieldId(index as u16), field))
    }

    /// All fields with their ids.
    pub fn all_fields(&self) -> impl Iterator<Item = (FieldId, &Field)> {
        self.fields.iter().enumerate().map(|(index, field)| (FieldId(index as u16), field))
    }
}

impl std::ops::Index<FieldId> for Entity {
    type Output = Field;

    fn index(&self, id: FieldId) -> &Field {
        &self.fields[id.index()]
    }
}

/// The option set of a choice kind.
pub fn options_of(kind: &Kind) -> Option<OptionsId> {
    match kind {
        Kind::Choice { options } => Some(*options),
        _ => None,
    }
}
