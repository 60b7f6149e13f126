//! Paths: members, methods and indexes behind a name.

use std::ops::Range;
use std::sync::Arc;

use rhai::{Expr as Ast, FnCallExpr, Position};

use super::slip::Slip;
use super::typer::Typer;
use crate::code;
use crate::expr::function::{Function, Published, list_of};
use crate::expr::tree::{Node, Op, RowName};
use crate::id::{EntityId, FieldId, SettingsId};
use crate::kind::Type;
use crate::name::did_you_mean;

/// The most references a path follows: a longer one would join too many tables.
const LONGEST_PATH: usize = 4;
/// The most steps of any path.
const MOST_STEPS: usize = 32;

/// A field, by the entities it may be of.
type Fields = Arc<[(EntityId, FieldId)]>;

/// A step of a path behind its first name.
enum Step<'e> {
    Member(&'e str, Position),
    Method(&'e FnCallExpr, Position),
    Index(&'e Ast),
}

impl Typer<'_> {
    /// A name with members, methods or indexes behind it.
    pub(super) fn path(&mut self, ast: &Ast) -> Option<Node> {
        let mut steps = Vec::new();
        let root = flatten(ast, &mut steps);
        if steps.len() > MOST_STEPS {
            let at = 0..self.text.len();
            return self.fail(Slip::new(code::TOO_LONG_A_PATH, at, format!("a path of {} steps", steps.len())));
        }
        let mut steps = &steps[..];
        let dotted = match (root, steps) {
            (Some(Ast::Variable(variable, _, position)), [first, rest @ ..]) if variable.2.is_empty() => {
                let found = self.dotted(&variable.1, *position, first);
                if found.is_some() {
                    steps = rest;
                }
                found
            }
            _ => None,
        };
        let mut node = match (dotted, root) {
            (Some(found), _) => found?,
            (None, Some(root)) => self.node(root)?,
            (None, None) => return self.refuse(0..self.text.len(), "a path begins with a name", "name a field first"),
        };
        for step in steps {
            node = match step {
                Step::Member(name, position) => self.member(node, name, self.parsed.at(*position))?,
                Step::Method(call, position) => self.call(call, *position, Some(node))?,
                Step::Index(_) => {
                    return self.refuse(
                        node.at,
                        "items of a list are not numbered here",
                        "write `first(list)` or `last(list)`",
                    );
                }
            };
        }
        Some(node)
    }

    /// `settings.sales`, `params.from`, `row["Deal name"]`: names that hold a point. Nothing when it is none of them.
    fn dotted(&mut self, root: &str, position: Position, step: &Step<'_>) -> Option<Option<Node>> {
        let start = self.parsed.at(position);
        let (member, at) = match step {
            Step::Member(member, position) => (*member, self.parsed.at(*position)),
            Step::Index(Ast::StringConstant(member, position)) => (member.as_str(), self.parsed.at(*position)),
            Step::Index(_) | Step::Method(..) => return None,
        };
        let whole = start.start..at.end;
        if root == "settings" {
            return Some(self.settings(member, whole, at));
        }
        if !self.has_members(root) {
            return None;
        }
        let found =
            self.scope.locals.iter().position(|(local, _)| {
                local.strip_prefix(root).and_then(|rest| rest.strip_prefix('.')) == Some(member)
            });
        Some(match found {
            Some(local) => Some(Node { op: Op::Local(local), ty: self.scope.locals[local].1.clone(), at: whole }),
            None => {
                let near = did_you_mean(member, self.members_of(root)).map(str::to_owned);
                let slip = Slip::new(code::UNKNOWN_NAME, at, format!("`{root}` has no `{member}`"));
                self.fail(slip.maybe_help(near.map(|near| format!("did you mean `{near}`?"))))
            }
        })
    }

    fn settings(&mut self, name: &str, whole: Range<usize>, at: Range<usize>) -> Option<Node> {
        let all = &self.scope.model.settings;
        match all.iter().position(|settings| &*settings.name == name) {
            Some(index) => {
                let id = SettingsId(u16::try_from(index).unwrap_or(u16::MAX));
                Some(Node {
                    op: Op::Row(RowName::Settings(id)),
                    ty: Type::Ref(Arc::new([all[index].entity])),
                    at: whole,
                })
            }
            None => {
                let near = did_you_mean(name, all.iter().map(|settings| &*settings.name));
                let slip = Slip::new(code::UNKNOWN_NAME, at, format!("there is no settings document `{name}`"));
                self.fail(slip.maybe_help(near.map(|near| format!("did you mean `{near}`?"))))
            }
        }
    }

    /// A member of a value: a field of a record or of each record of a list, an attribute of an option, a part of money.
    fn member(&mut self, of: Node, name: &str, at: Range<usize>) -> Option<Node> {
        let whole = self.parsed.grouped(of.at.clone()).start..at.end;
        if let Some(what) = self.not_yet(&of, name) {
            let message = format!("`.{name}` needs {what}, which this release does not have yet");
            return self.fail(Slip::new(code::NOT_YET_KEY, at, message));
        }
        if let Some(part) = self.part(&of, name, &whole) {
            return Some(part);
        }
        match of.ty.clone() {
            Type::Ref(targets) => {
                let (fields, ty) = self.field_of(&targets, name, &at)?;
                self.check_length(&of, &whole)?;
                Some(Node { op: Op::Field { of: Box::new(of), fields }, ty, at: whole })
            }
            Type::List(item) => match &*item {
                Type::Ref(targets) => {
                    let (fields, ty) = self.field_of(targets, name, &at)?;
                    self.check_length(&of, &whole)?;
                    let ty = if matches!(ty, Type::List(_)) { ty } else { list_of(ty) };
                    Some(Node { op: Op::Each { of: Box::new(of), fields }, ty, at: whole })
                }
                _ => self.no_member(&of, name, at),
            },
            Type::Choice(options) => {
                let set = &self.scope.model[options];
                match set.attributes.iter().position(|attribute| &*attribute.name == name) {
                    Some(attribute) => {
                        let ty = set.attributes[attribute].ty.clone();
                        Some(Node { op: Op::Attribute { of: Box::new(of), options, attribute }, ty, at: whole })
                    }
                    None => {
                        let near = did_you_mean(name, set.attributes.iter().map(|attribute| &*attribute.name));
                        let slip =
                            Slip::new(code::UNKNOWN_NAME, at, format!("the options of {} have no `{name}`", set.name));
                        let help = match (near, name) {
                            (Some(near), _) => format!("did you mean `{near}`?"),
                            (None, "label" | "color" | "icon" | "help" | "name" | "value") => {
                                format!(
                                    "`{name}` is for people; an option compares as its name: `{} == \"…\"`",
                                    &self.text[of.at.clone()]
                                )
                            }
                            (None, _) => "an extra key that every option gives becomes an attribute".to_owned(),
                        };
                        self.fail(slip.help(help))
                    }
                }
            }
            Type::Money => {
                let (function, ty) = match name {
                    "amount" => (Function::Amount, Type::Decimal),
                    "currency" => (Function::Currency, Type::Text),
                    "base" => (Function::Base, Type::Decimal),
                    _ => return self.no_member(&of, name, at),
                };
                Some(Node { op: Op::Call { function, arguments: vec![of] }, ty, at: whole })
            }
            _ => self.no_member(&of, name, at),
        }
    }

    /// A part of a group: `address.city` is a field beside the one that shows the whole.
    fn part(&self, whole: &Node, name: &str, at: &Range<usize>) -> Option<Node> {
        let (Op::Field { fields, .. } | Op::Each { fields, .. }) = &whole.op else { return None };
        let part = |(entity, field): &(EntityId, FieldId)| {
            Some((*entity, self.scope.model[*entity].group(*field)?.part(name)?))
        };
        let parts: Fields = fields.iter().map(part).collect::<Option<_>>()?;
        let (entity, field) = parts.first()?;
        let one = self.scope.model[*entity][*field].value_type();
        Some(match &whole.op {
            Op::Each { of, .. } => {
                let ty = if matches!(one, Type::List(_)) { one } else { list_of(one) };
                Node { op: Op::Each { of: of.clone(), fields: parts }, ty, at: at.clone() }
            }
            Op::Field { of, .. } => Node { op: Op::Field { of: of.clone(), fields: parts }, ty: one, at: at.clone() },
            _ => return None,
        })
    }

    /// What is missing for a member that belongs to the language, but not to this release.
    fn not_yet(&self, of: &Node, name: &str) -> Option<&'static str> {
        let model = self.scope.model;
        let is_field = |targets: &[EntityId]| targets.iter().any(|target| model[*target].field(name).is_some());
        let targets = match &of.ty {
            Type::Choice(options) => {
                let has = |name: &str| model[*options].attributes.iter().any(|attribute| &*attribute.name == name);
                let is_stage = has("outcome") && has("closed");
                return (is_stage && matches!(name, "entered_at" | "age") && !has(name)).then_some("times in stages");
            }
            Type::Ref(targets) => targets,
            Type::List(item) => match &**item {
                Type::Ref(targets) => targets,
                _ => return None,
            },
            _ => return None,
        };
        let is_me = matches!(of.op, Op::Row(RowName::Me));
        match name {
            _ if is_field(targets) => None,
            "descendants" => Some("lists of all that lies below"),
            // Whoever comes through a portal is a record of some entity.
            _ if is_me && model.entity(name).is_some() => Some("portals"),
            _ => None,
        }
    }

    fn no_member<T>(&mut self, of: &Node, name: &str, at: Range<usize>) -> Option<T> {
        if let Op::Field { fields, .. } | Op::Each { fields, .. } = &of.op
            && let Some((whole, group)) = fields.first().and_then(|(entity, field)| {
                let definition = &self.scope.model[*entity];
                Some((&definition[*field].name, definition.group(*field)?))
            })
        {
            let slip = Slip::new(code::UNKNOWN_NAME, at.clone(), format!("`{whole}` has no part `{name}`"));
            let parts = || group.parts.iter().map(|(part, _)| &**part);
            return self.fail(match did_you_mean(name, parts()) {
                Some(near) => slip.help(format!("did you mean `{near}`?")).mend(self.text, at, near),
                None => slip.help(format!(
                    "its parts are {}",
                    parts().map(|part| format!("`{part}`")).collect::<Vec<_>>().join(", ")
                )),
            });
        }
        let slip = Slip::new(code::UNKNOWN_NAME, at, format!("{} has no `{name}`", self.words(&of.ty)));
        let slip = match (&of.ty, Published::find(name)) {
            (_, Some(_)) => {
                slip.help(format!("`{name}` is a function: write `{}.{name}()`", &self.text[of.at.clone()]))
            }
            (Type::Money, None) => slip.help("money has `amount`, `currency` and `base`"),
            _ => slip,
        };
        self.fail(slip)
    }

    /// The field of that name in each of some entities, and its one type.
    fn field_of(&mut self, targets: &[EntityId], name: &str, at: &Range<usize>) -> Option<(Fields, Type)> {
        let model = self.scope.model;
        let mut fields = Vec::with_capacity(targets.len());
        let mut ty: Option<Type> = None;
        for target in targets {
            let entity = &model[*target];
            let Some((field, declared)) = entity.field(name) else {
                let near = did_you_mean(name, entity.fields.iter().map(|field| &*field.name)).map(str::to_owned);
                let slip =
                    Slip::new(code::UNKNOWN_NAME, at.clone(), format!("`{}` has no field `{name}`", entity.name));
                let slip = match (near, Published::find(name)) {
                    (Some(near), _) => slip.help(format!("did you mean `{near}`?")).mend(self.text, at.clone(), &near),
                    (None, Some(_)) => slip.help(format!("`{name}` is a function: write `{name}(…)`")),
                    (None, None) if targets.len() > 1 => {
                        slip.help("the reference may point to several entities, and each needs the field")
                    }
                    (None, None) => slip,
                };
                return self.fail(slip);
            };
            let found = declared.value_type();
            match &ty {
                Some(known) if *known != found => {
                    let message = format!(
                        "`{name}` is {} in one entity and {} in another",
                        self.words(known),
                        self.words(&found)
                    );
                    return self.fail(Slip::new(code::UNLIKE_TYPES, at.clone(), message));
                }
                _ => ty = Some(found),
            }
            fields.push((*target, field));
        }
        Some((fields.into(), ty.unwrap_or(Type::Nothing)))
    }

    fn check_length(&mut self, of: &Node, whole: &Range<usize>) -> Option<()> {
        let references = references(of);
        if references <= LONGEST_PATH {
            return Some(());
        }
        let message = format!("the path follows {references} references, and may follow {LONGEST_PATH}");
        self.fail(
            Slip::new(code::TOO_LONG_A_PATH, whole.clone(), message)
                .help("keep a value of the way in a `lookup` or a `formula`"),
        )
    }
}

/// How many references a path follows to reach the rows that a node gives.
pub(in crate::expr) fn references(node: &Node) -> usize {
    match &node.op {
        Op::Field { of, .. } | Op::Each { of, .. } => references(of) + 1,
        Op::Quantify { list, .. } => references(list),
        Op::Coalesce(a, b) => references(a).max(references(b)),
        Op::If { then, otherwise, .. } => references(then).max(references(otherwise)),
        _ => 0,
    }
}

/// Takes a path apart: its root, and its steps in order.
fn flatten<'e>(ast: &'e Ast, steps: &mut Vec<Step<'e>>) -> Option<&'e Ast> {
    match ast {
        Ast::Dot(pair, _, _) => {
            let root = flatten(&pair.lhs, steps);
            flatten(&pair.rhs, steps);
            root
        }
        Ast::Index(pair, _, _) => {
            let root = flatten(&pair.lhs, steps);
            steps.push(Step::Index(&pair.rhs));
            root
        }
        Ast::Property(property, position) => {
            steps.push(Step::Member(&property.2, *position));
            None
        }
        Ast::MethodCall(call, position) => {
            steps.push(Step::Method(call, *position));
            None
        }
        root => Some(root),
    }
}
