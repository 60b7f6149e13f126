//! Calls: published functions, methods (the same functions with the receiver first), closures, script functions.

use std::ops::Range;
use std::sync::Arc;

use rhai::{Expr as Ast, FnCallExpr, Position};

use super::foreign;
use super::parse::CLOSURE;
use super::slip::Slip;
use super::typer::{Item, Typer, literal};
use crate::code;
use crate::entity::Pattern;
use crate::expr::function::{Form, Function, Gives, Means, PUBLISHED, Published, Takes};
use crate::expr::time;
use crate::expr::tree::{Node, Op, Quantifier, RowName};
use crate::expr::typing;
use crate::kind::Type;
use crate::name::did_you_mean;
use crate::value::Value;

/// The longest pattern of `matches`, in bytes.
const LONGEST_PATTERN: usize = 1_000;

/// Functions of the language that later releases bring.
const NOT_YET: &[&str] = &["deadline", "inbox", "role"];

/// An argument before its form is known.
enum Argument<'e> {
    Node(Node),
    /// `|item| body`: the item's name and the body.
    Closure(&'e str, &'e Ast, Range<usize>),
}

impl<'e> Argument<'e> {
    fn fits(&self, takes: Takes) -> bool {
        match self {
            Argument::Node(node) => takes.fits(&node.ty),
            Argument::Closure(..) => takes == Takes::Closure,
        }
    }
}

impl Typer<'_> {
    /// A call of a function, or of a method of `receiver`.
    pub(super) fn call(&mut self, call: &FnCallExpr, position: Position, receiver: Option<Node>) -> Option<Node> {
        let name_at = self.parsed.at(position);
        let end = self.parsed.call_at(position).end;
        if call.capture_parent_scope {
            return self.refuse(name_at, "`!` does not belong between a function and its arguments", "leave it out");
        }
        if !call.namespace.is_empty() {
            return self.script(call, name_at, end);
        }
        let start = receiver.as_ref().map_or(name_at.start, |receiver| self.parsed.grouped(receiver.at.clone()).start);
        let Some(published) = Published::find(&call.name) else {
            return self.unknown_function(&call.name, receiver.as_ref(), name_at);
        };
        if published.name == "changed" {
            return self.changed(call, receiver.is_some(), start..end);
        }
        let mut arguments: Vec<Option<Argument<'_>>> = Vec::with_capacity(call.args.len() + 1);
        arguments.extend(receiver.map(|receiver| Some(Argument::Node(receiver))));
        for argument in &call.args {
            arguments.push(match self.as_closure(argument) {
                Some(closure) => Some(closure),
                None => self.node(argument).map(Argument::Node),
            });
        }
        let arguments: Vec<Argument<'_>> = arguments.into_iter().collect::<Option<_>>()?;
        let Some(form) = published.forms.iter().find(|form| is_form(form, &arguments)) else {
            return self.wrong_arguments(published, &arguments, start..end);
        };
        self.build(published, form, arguments, start..end)
    }

    fn build(
        &mut self,
        published: &Published,
        form: &Form,
        arguments: Vec<Argument<'_>>,
        at: Range<usize>,
    ) -> Option<Node> {
        let mut nodes = Vec::with_capacity(arguments.len());
        let mut closure = None;
        for argument in arguments {
            match argument {
                Argument::Node(node) => nodes.push(node),
                Argument::Closure(name, body, at) => closure = Some((name, body, at)),
            }
        }
        if let (Means::Quantifier(quantifier), Some((name, body, closure_at))) = (form.means, closure) {
            return self.quantify(quantifier, nodes.pop()?, (name, body, closure_at), at);
        }
        let types: Vec<Type> = nodes.iter().map(|node| node.ty.clone()).collect();
        let unified = if form.gives == Gives::Unified { Some(self.unified(&nodes, &at)?) } else { None };
        // A function of nothing at all gives nothing, but keeps its type.
        let ty = form.gives.ty(&types, unified.as_ref());
        let op = match form.means {
            Means::Function(Function::Date | Function::Time | Function::DateTime) if is_text_literal(&nodes) => {
                return self.moment(published.name, &nodes, at);
            }
            Means::Function(function) => Op::Call { function, arguments: nodes },
            Means::Aggregate(aggregate) => Op::Aggregate { aggregate, list: Box::new(nodes.pop()?) },
            Means::In => {
                let value = nodes.pop()?;
                return self.holds(value, nodes.pop()?, at);
            }
            Means::Matches => return self.matches(nodes, at),
            Means::HasRole => return self.has_role(nodes, at),
            Means::Under => return self.under(nodes, at),
            Means::Quantifier(_) | Means::Changed => return self.wrong_arguments(published, &[], at),
        };
        Some(Node { op, ty, at })
    }

    /// A closure, if the argument is one.
    fn as_closure<'e>(&self, argument: &'e Ast) -> Option<Argument<'e>> {
        let Ast::FnCall(call, position) = argument else { return None };
        match &call.args[..] {
            [Ast::Variable(item, _, _), body] if call.name == CLOSURE => {
                Some(Argument::Closure(&item.1, body, self.parsed.at(*position)))
            }
            _ => None,
        }
    }

    fn quantify(
        &mut self,
        quantifier: Quantifier,
        list: Node,
        (name, body, closure_at): (&str, &Ast, Range<usize>),
        at: Range<usize>,
    ) -> Option<Node> {
        let Type::List(item) = list.ty.clone() else {
            // `().any(…)`: nothing is an empty list.
            let ty = if quantifier == Quantifier::Count { Type::Integer } else { Type::Boolean };
            let value = match quantifier {
                Quantifier::Any => Value::Boolean(false),
                Quantifier::All => Value::Boolean(true),
                Quantifier::Count => Value::Integer(0),
                Quantifier::Filter => Value::Nothing,
            };
            return Some(literal(value, ty, at));
        };
        let clash = self.scope.row.is_some_and(|row| self.scope.model[row].field(name).is_some())
            || self.scope.locals.iter().any(|(local, _)| &**local == name)
            || self.items.iter().any(|item| item.name == name)
            || crate::name::is_word(name);
        if clash {
            let message = format!("`{name}` already means something here");
            return self.fail(Slip::new(code::NAME_CLASH, closure_at, message).help("give the item another name"));
        }
        let depth = self.items.len();
        self.items.push(Item { name: name.to_owned(), ty: Type::clone(&item) });
        let body = self.node(body).and_then(|body| self.boolean(body));
        self.items.pop();
        let ty = match quantifier {
            Quantifier::Any | Quantifier::All => Type::Boolean,
            Quantifier::Count => Type::Integer,
            Quantifier::Filter => list.ty.clone(),
        };
        let op = Op::Quantify { quantifier, list: Box::new(list), depth, body: Box::new(body?) };
        Some(Node { op, ty, at })
    }

    /// The one type of all arguments.
    fn unified(&mut self, nodes: &[Node], at: &Range<usize>) -> Option<Type> {
        let mut ty = Type::Nothing;
        for node in nodes {
            match typing::unify(&ty, &node.ty) {
                Some(unified) => ty = unified,
                None => {
                    let message = format!("{} beside {}", self.words(&node.ty), self.words(&ty));
                    return self.fail(Slip::new(code::UNLIKE_TYPES, at.clone(), message));
                }
            }
        }
        Some(ty)
    }

    /// `date("2026-03-02")` and the like are constants.
    fn moment(&mut self, name: &str, nodes: &[Node], at: Range<usize>) -> Option<Node> {
        let [Node { op: Op::Literal(Value::Text(text)), at: text_at, .. }] = nodes else { return None };
        let zone = &self.scope.model.workspace.time_zone;
        let (value, ty, form) = match name {
            "date" => (time::parse_date(text).map(Value::Date), Type::Date, "2026-03-02"),
            "time" => (time::parse_time(text).map(Value::Time), Type::Time, "09:30"),
            _ => (time::parse_moment(text, zone).map(Value::DateTime), Type::DateTime, "2026-03-02T09:30"),
        };
        match value {
            Some(value) => Some(literal(value, ty, at)),
            None => {
                let message = format!("`{text}` is no {name}");
                self.fail(
                    Slip::new(code::BAD_DATE, text_at.clone(), message).help(format!("write `{name}(\"{form}\")`")),
                )
            }
        }
    }

    fn matches(&mut self, mut nodes: Vec<Node>, at: Range<usize>) -> Option<Node> {
        let pattern = nodes.pop()?;
        let text = nodes.pop()?;
        let Op::Literal(Value::Text(source)) = &pattern.op else {
            let message = "the pattern of `matches` is written out, so that it is checked now";
            return self.fail(
                Slip::new(code::WRONG_ARGUMENTS, pattern.at, message).help("write `matches(code, \"[A-Z]+-[0-9]+\")`"),
            );
        };
        let compiled = (source.len() <= LONGEST_PATTERN)
            .then(|| regex::RegexBuilder::new(&format!("^(?:{source})$")).size_limit(1 << 20).build().ok())
            .flatten();
        let Some(regex) = compiled else {
            return self.fail(Slip::new(code::BAD_PATTERN, pattern.at.clone(), format!("`{source}` is not a pattern")));
        };
        let op = Op::Matches { text: Box::new(text), pattern: Pattern { text: Arc::clone(source), regex } };
        Some(Node { op, ty: Type::Boolean, at })
    }

    fn has_role(&mut self, mut nodes: Vec<Node>, at: Range<usize>) -> Option<Node> {
        let role = nodes.pop()?;
        match nodes.pop()? {
            Node { op: Op::Row(RowName::Me), .. } => {
                Some(Node { op: Op::HasRole(Box::new(role)), ty: Type::Boolean, at })
            }
            other => self.fail(
                Slip::new(code::WRONG_ARGUMENTS, other.at, "only the roles of `me` are known")
                    .help("write `me.has_role(\"…\")`"),
            ),
        }
    }

    /// `record.under(other)`, of records of one entity that is a hierarchy.
    fn under(&mut self, mut nodes: Vec<Node>, at: Range<usize>) -> Option<Node> {
        let (top, record) = (nodes.pop()?, nodes.pop()?);
        let of = |node: &Node| match &node.ty {
            Type::Ref(targets) => targets.to_vec(),
            _ => Vec::new(),
        };
        let (below, above) = (of(&record), of(&top));
        // Nothing lies below nothing.
        if below.is_empty() || above.is_empty() {
            return Some(literal(Value::Boolean(false), Type::Boolean, at));
        }
        let model = self.scope.model;
        let [entity] = below[..] else {
            let message = format!("{} may be of several entities, and a hierarchy is of one", self.words(&record.ty));
            return self.fail(Slip::new(code::WRONG_ARGUMENTS, record.at, message));
        };
        let Some(parent) = model[entity].tree else {
            let name = &model[entity].name;
            let message = format!("records of `{name}` are in no hierarchy");
            let help = format!("say which reference leads to the record above: `tree: parent` in `entity: {name}`");
            return self.fail(Slip::new(code::WRONG_ARGUMENTS, record.at, message).help(help));
        };
        if above != below {
            let message = format!(
                "{} beside {}: a record lies below one of its own entity",
                self.words(&top.ty),
                self.words(&record.ty)
            );
            return self.fail(Slip::new(code::UNLIKE_TYPES, top.at, message));
        }
        let op = Op::Under { record: Box::new(record), top: Box::new(top), parent: (entity, parent) };
        Some(Node { op, ty: Type::Boolean, at })
    }

    /// `changed(field)`: the field is named, not read.
    fn changed(&mut self, call: &FnCallExpr, method: bool, at: Range<usize>) -> Option<Node> {
        if !self.scope.old {
            return self.fail(Slip::new(code::NOT_ALLOWED_HERE, at, "`changed` means something in rules only"));
        }
        let entity = self.scope.record.or(self.scope.row);
        let ([Ast::Variable(variable, _, position)], Some(entity), false) = (&call.args[..], entity, method) else {
            return self.fail(
                Slip::new(code::WRONG_ARGUMENTS, at, "`changed` takes the name of a field")
                    .help("write `changed(amount)`"),
            );
        };
        let entity = &self.scope.model[entity];
        match entity.field(&variable.1) {
            Some((field, declared)) if !(declared.kind.is_rows() || declared.is_link()) => {
                Some(Node { op: Op::Changed(field), ty: Type::Boolean, at })
            }
            Some((_, declared)) => {
                let message = format!("the rows of `{}` change on their own", declared.name);
                self.fail(
                    Slip::new(code::WRONG_ARGUMENTS, at, message)
                        .help("ask whether something computed over them changed"),
                )
            }
            None => {
                let near = did_you_mean(&variable.1, entity.fields.iter().map(|field| &*field.name)).map(str::to_owned);
                let at = self.parsed.at(*position);
                let slip =
                    Slip::new(code::UNKNOWN_NAME, at, format!("`{}` has no field `{}`", entity.name, variable.1));
                self.fail(slip.maybe_help(near.map(|near| format!("did you mean `{near}`?"))))
            }
        }
    }

    /// `file::function(…)`.
    fn script(&mut self, call: &FnCallExpr, name_at: Range<usize>, end: usize) -> Option<Node> {
        let file = call.namespace.to_string();
        let at = name_at.start.saturating_sub(file.len() + 2)..end;
        let scripts = &self.scope.model.scripts;
        let Some(wanted) = scripts.parameters(&file, &call.name) else {
            let slip = match scripts.get(&file) {
                // What the file is about was told where it cannot be read.
                Some(script) if script.broken => {
                    return Some(Node { op: Op::Literal(Value::Nothing), ty: Type::Any, at });
                }
                Some(script) => {
                    let near = did_you_mean(&call.name, script.functions.iter().map(|function| &*function.name))
                        .map(str::to_owned);
                    Slip::new(code::UNKNOWN_FUNCTION, name_at, format!("`{file}.rhai` has no function `{}`", call.name))
                        .maybe_help(near.map(|near| format!("did you mean `{file}::{near}`?")))
                }
                None => {
                    let near = did_you_mean(&file, scripts.files()).map(str::to_owned);
                    Slip::new(code::UNKNOWN_FUNCTION, at, format!("there is no script file `{file}.rhai`"))
                        .maybe_help(near.map(|near| format!("did you mean `{near}::{}`?", call.name)))
                }
            };
            return self.fail(slip);
        };
        let arguments: Vec<Option<Node>> = call.args.iter().map(|argument| self.node(argument)).collect();
        let arguments: Vec<Node> = arguments.into_iter().collect::<Option<_>>()?;
        if arguments.len() != wanted {
            let message = format!("`{file}::{}` takes {}, not {}", call.name, counted(wanted), arguments.len());
            return self.fail(Slip::new(code::WRONG_ARGUMENTS, at, message));
        }
        let op = Op::Script { file: file.as_str().into(), function: call.name.as_str().into(), arguments };
        Some(Node { op, ty: Type::Any, at })
    }

    fn unknown_function<T>(&mut self, name: &str, receiver: Option<&Node>, at: Range<usize>) -> Option<T> {
        if NOT_YET.contains(&name) {
            let message = format!("`{name}(…)` belongs to the language, but this release does not know it yet");
            return self.fail(Slip::new(code::NOT_YET_KEY, at, message));
        }
        let slip = Slip::new(code::UNKNOWN_FUNCTION, at.clone(), format!("there is no function `{name}`"));
        let is_field = match receiver.map(|receiver| &receiver.ty) {
            None => self.scope.row.is_some_and(|row| self.scope.model[row].field(name).is_some()),
            Some(Type::Ref(targets)) => targets.iter().any(|target| self.scope.model[*target].field(name).is_some()),
            Some(_) => false,
        };
        let slip = if let Some(instead) = foreign::instead(name) {
            slip.help(instead)
        } else if is_field {
            slip.help(format!("`{name}` is a field: leave out the brackets"))
        } else {
            match did_you_mean(name, PUBLISHED.iter().map(|function| function.name)) {
                Some(near) => slip.help(format!("did you mean `{near}`?")).mend(self.text, at, near),
                None => slip,
            }
        };
        self.fail(slip)
    }

    fn wrong_arguments<T>(&mut self, published: &Published, arguments: &[Argument<'_>], at: Range<usize>) -> Option<T> {
        let (at, message) = match published.forms.iter().find(|form| has_count(form, arguments.len())) {
            None => {
                let mut counts: Vec<usize> = published.forms.iter().map(|form| form.takes.len()).collect();
                counts.sort_unstable();
                counts.dedup();
                let wanted: Vec<String> = counts.iter().map(usize::to_string).collect();
                let noun = if counts == [1] { "argument" } else { "arguments" };
                (at, format!("`{}` takes {} {noun}, not {}", published.name, wanted.join(" or "), arguments.len()))
            }
            Some(form) => {
                let wrong = arguments.iter().enumerate().find(|(index, argument)| !argument.fits(taken(form, *index)));
                match wrong {
                    Some((_, Argument::Node(node))) => {
                        (node.at.clone(), format!("`{}` does not take {} here", published.name, self.words(&node.ty)))
                    }
                    Some((_, Argument::Closure(_, _, at))) => {
                        (at.clone(), format!("`{}` asks nothing of items", published.name))
                    }
                    None => (at, format!("`{}` is not called so", published.name)),
                }
            }
        };
        let is_aggregate = published.forms.iter().any(|form| matches!(form.means, Means::Aggregate(_)));
        if let [Argument::Node(list), Argument::Closure(..)] = arguments
            && is_aggregate
        {
            let list = &self.text[list.at.clone()];
            let help = format!("name the field of each item: `{}({list}.…)`", published.name);
            return self.fail(Slip::new(code::WRONG_ARGUMENTS, at, message).help(help));
        }
        let forms = published.signatures().into_iter().map(|form| format!("`{form}`")).collect::<Vec<_>>();
        self.fail(Slip::new(code::WRONG_ARGUMENTS, at, message).help(format!("it is called as {}", forms.join(" or "))))
    }
}

fn is_text_literal(nodes: &[Node]) -> bool {
    matches!(nodes, [Node { op: Op::Literal(Value::Text(_)), .. }])
}

fn is_form(form: &Form, arguments: &[Argument<'_>]) -> bool {
    has_count(form, arguments.len())
        && arguments.iter().enumerate().all(|(index, argument)| argument.fits(taken(form, index)))
}

fn has_count(form: &Form, count: usize) -> bool {
    count == form.takes.len() || (form.repeats && count > form.takes.len())
}

/// What a form takes at a place; the last repeats.
fn taken(form: &Form, index: usize) -> Takes {
    form.takes.get(index).or(form.takes.last()).copied().unwrap_or(Takes::Any)
}

fn counted(count: usize) -> String {
    match count {
        0 => "no argument".to_owned(),
        1 => "1 argument".to_owned(),
        many => format!("{many} arguments"),
    }
}
