//! Random expressions as text. What fields there are is read from the model; which production is taken is read from a
//! list of numbers, so that a failing case shrinks as the list does.

use fichero_model::entity::Entity;
use fichero_model::kind::{Kind, Type};
use fichero_model::{EntityId, Model};

/// How deep an expression may be.
const DEEPEST: usize = 5;

pub struct Grammar<'a> {
    model: &'a Model,
    choices: &'a [u32],
    at: usize,
    /// What is at hand: the row itself (no name) and the items of closures.
    scopes: Vec<(String, EntityId)>,
}

/// The sorts of values that are told apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sort {
    Boolean,
    Number,
    Money,
    Text,
    Choice,
    Date,
    Time,
    DateTime,
    Duration,
    Ref,
    Json,
}

const VALUES: [Sort; 9] = [
    Sort::Number,
    Sort::Text,
    Sort::Money,
    Sort::Date,
    Sort::Choice,
    Sort::DateTime,
    Sort::Duration,
    Sort::Time,
    Sort::Ref,
];

impl<'a> Grammar<'a> {
    pub fn new(model: &'a Model, choices: &'a [u32]) -> Self {
        let own = model.entity("opportunity").unwrap().0;
        Self { model, choices, at: 0, scopes: vec![(String::new(), own)] }
    }

    pub fn condition(&mut self) -> String {
        self.boolean(0)
    }

    pub fn value(&mut self) -> String {
        if self.below(6) == 0 {
            return self.boolean(1);
        }
        let sort = self.sort();
        self.of(sort, 1)
    }

    /// Something to order by.
    pub fn key(&mut self) -> String {
        let sort = self.sort();
        if self.below(3) == 0 { self.of(sort, DEEPEST - 1) } else { self.path(sort, 0) }
    }

    pub fn flip(&mut self) -> bool {
        self.below(2) == 0
    }

    /// The next choice; the simplest one when there are no more.
    pub fn below(&mut self, count: usize) -> usize {
        let choice = self.choices.get(self.at).copied().unwrap_or(0);
        self.at += 1;
        choice as usize % count.max(1)
    }

    fn sort(&mut self) -> Sort {
        VALUES[self.below(VALUES.len())]
    }

    fn boolean(&mut self, depth: usize) -> String {
        let deeper = depth + 1;
        if depth >= DEEPEST {
            return self.leaf_condition();
        }
        match self.below(18) {
            0..=2 => self.comparison(deeper),
            3 => format!("not ({})", self.boolean(deeper)),
            4 => format!("!({})", self.boolean(deeper)),
            5 | 6 => format!("({} and {})", self.boolean(deeper), self.boolean(deeper)),
            7 | 8 => format!("({} or {})", self.boolean(deeper), self.boolean(deeper)),
            9 => self.path(Sort::Boolean, depth),
            10 => self.nothing(deeper),
            11 => self.search(),
            12 | 13 => self.quantified(deeper),
            14 => self.membership(deeper),
            16 => self.hierarchy(),
            15 => format!(
                "(if {} {{ {} }} else {{ {} }})",
                self.boolean(deeper),
                self.boolean(deeper),
                self.boolean(deeper)
            ),
            _ => {
                let equal = if self.flip() { "==" } else { "!=" };
                format!("(({}) {equal} ({}))", self.boolean(deeper), self.boolean(deeper))
            }
        }
    }

    /// Whether an account lies below another.
    fn hierarchy(&mut self) -> String {
        let mut one = || {
            let name = if self.flip() { "account" } else { "account.parent" };
            self.path_called(name)
        };
        format!("{}.under({})", one(), one())
    }

    fn leaf_condition(&mut self) -> String {
        if self.flip() { self.path(Sort::Boolean, DEEPEST) } else { self.comparison(DEEPEST) }
    }

    fn comparison(&mut self, depth: usize) -> String {
        let sort = self.sort();
        let sign = ["==", "!=", "<", "<=", ">", ">="][self.below(if sort == Sort::Ref { 2 } else { 6 })];
        if sort == Sort::Choice {
            return self.choice_comparison(sign);
        }
        let (a, b) = (self.of(sort, depth), self.of(sort, depth));
        format!("{a} {sign} {b}")
    }

    fn choice_comparison(&mut self, sign: &str) -> String {
        let (path, options) = match self.below(3) {
            0 => (self.path_called("stage"), ["qualify", "proposal", "won", "lost"].as_slice()),
            1 => (self.path_called("priority"), ["low", "normal", "high"].as_slice()),
            _ => (self.path_called("industry"), ["retail", "health", "industry"].as_slice()),
        };
        let option = options[self.below(options.len())];
        format!("{path} {sign} \"{option}\"")
    }

    /// Whether something is there.
    fn nothing(&mut self, depth: usize) -> String {
        let of = match self.below(8) {
            0 => self.path(Sort::Json, depth),
            1 => self.path(Sort::Boolean, depth),
            2 => self.list(depth).0,
            _ => {
                let sort = self.sort();
                self.of(sort, depth)
            }
        };
        match self.below(3) {
            0 => format!("{of} == ()"),
            1 => format!("{of} != ()"),
            _ => format!("is_empty({of})"),
        }
    }

    fn search(&mut self) -> String {
        let name = ["contains", "starts_with", "ends_with"][self.below(3)];
        let parts = ["a", "AC", "á", "e", " corp", "ss", "%", "_", "\u{301}", ""];
        let part = parts[self.below(parts.len())];
        let text = if self.below(5) == 0 { self.path(Sort::Text, 1) } else { self.path_called("name") };
        format!("{name}({text}, \"{part}\")")
    }

    fn quantified(&mut self, depth: usize) -> String {
        let (list, of) = self.list(depth);
        let Some(of) = of else {
            return format!("{list} != ()");
        };
        let item = format!("i{}", self.scopes.len());
        self.scopes.push((item.clone(), of));
        let body = self.boolean(depth + 1);
        self.scopes.pop();
        match self.below(4) {
            0 => format!("{list}.any(|{item}| {body})"),
            1 => format!("{list}.all(|{item}| {body})"),
            2 => format!("{list}.count(|{item}| {body}) > {}", self.below(3)),
            _ => format!("count({list}.filter(|{item}| {body})) == {}", self.below(3)),
        }
    }

    fn membership(&mut self, depth: usize) -> String {
        let not = if self.below(3) == 0 { "not in" } else { "in" };
        match self.below(5) {
            0 => format!("{} {not} [\"qualify\", \"won\"]", self.path_called("stage")),
            1 => format!("{} {not} [\"a\", \"acme\"]", self.path(Sort::Text, depth)),
            2 => {
                let (value, other) = (self.of(Sort::Number, depth), self.of(Sort::Number, depth));
                // A list that is written out holds no `()`.
                let other = if other == "()" { "7" } else { &other };
                format!("{value} {not} [0, 100, {other}]")
            }
            3 => format!("\"red\" {not} {}", self.path_called("tags")),
            _ => {
                let (list, of) = self.list(depth);
                let value = of.map(|of| self.model[of].name.to_string()).map(|name| self.path_called(&name));
                format!("{} {not} {list}", value.unwrap_or_else(|| "owner".to_owned()))
            }
        }
    }

    /// A list of rows, and of which entity.
    fn list(&mut self, _depth: usize) -> (String, Option<EntityId>) {
        let mut lists = Vec::new();
        for (name, entity) in self.scopes.clone() {
            let prefix = if name.is_empty() { String::new() } else { format!("{name}.") };
            for (field, declared) in self.model[entity].all_fields() {
                let _ = field;
                match &declared.kind {
                    Kind::Lines { of, .. } | Kind::Children { of, .. } => {
                        lists.push((format!("{prefix}{}", declared.name), Some(*of)));
                    }
                    Kind::Ref(reference) if declared.many => {
                        lists.push((format!("{prefix}{}", declared.name), reference.targets.first().copied()));
                    }
                    Kind::Ref(reference) => {
                        let [target] = *reference.targets else { continue };
                        for inner in &self.model[target].fields {
                            if let Kind::Children { of, .. } = inner.kind {
                                lists.push((format!("{prefix}{}.{}", declared.name, inner.name), Some(of)));
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        let at = self.below(lists.len());
        lists.get(at).cloned().unwrap_or(("[]".to_owned(), None))
    }

    fn of(&mut self, sort: Sort, depth: usize) -> String {
        let deeper = depth + 1;
        if depth >= DEEPEST {
            return if self.below(3) == 0 { self.constant(sort) } else { self.path(sort, depth) };
        }
        match self.below(12) {
            0..=4 => self.path(sort, depth),
            5 | 6 => self.constant(sort),
            7 => format!("({} ?? {})", self.of(sort, deeper), self.of(sort, deeper)),
            8 => format!(
                "(if {} {{ {} }} else {{ {} }})",
                self.boolean(deeper),
                self.of(sort, deeper),
                self.of(sort, deeper)
            ),
            _ => self.worked_out(sort, deeper),
        }
    }

    fn worked_out(&mut self, sort: Sort, depth: usize) -> String {
        match sort {
            Sort::Number => match self.below(11) {
                0 | 1 => format!("({} + {})", self.of(sort, depth), self.of(sort, depth)),
                2 => format!("({} - {})", self.of(sort, depth), self.of(sort, depth)),
                3 => format!("-({})", self.of(sort, depth)),
                4 => {
                    let name = ["abs", "sign"][self.below(2)];
                    format!("{name}({})", self.of(sort, depth))
                }
                5 => {
                    let name = ["min", "max"][self.below(2)];
                    format!("{name}({}, {})", self.of(sort, depth), self.of(sort, depth))
                }
                6 => self.aggregated(sort, depth),
                7 => match self.below(3) {
                    0 => format!("days_between({}, {})", self.of(Sort::Date, depth), self.of(Sort::Date, depth)),
                    1 => {
                        let name = ["year", "month", "day", "weekday"][self.below(4)];
                        let sort = [Sort::Date, Sort::DateTime][self.below(2)];
                        format!("{name}({})", self.of(sort, depth))
                    }
                    _ => {
                        let sort = [Sort::Time, Sort::DateTime][self.below(2)];
                        format!("hour({})", self.path(sort, depth))
                    }
                },
                8 => format!("{}.amount", self.kept_money(depth)),
                9 => match self.below(2) {
                    0 => format!("round({}, {})", self.of(sort, depth), self.below(5)),
                    _ => self.whole(depth),
                },
                _ => format!("len({})", self.of(Sort::Text, depth)),
            },
            Sort::Money => match self.below(5) {
                0 => format!("({} + {})", self.of(sort, depth), self.of(sort, depth)),
                1 => format!("({} - {})", self.of(sort, depth), self.of(sort, depth)),
                2 => format!("abs({})", self.of(sort, depth)),
                3 => format!("round({}, 2)", self.of(sort, depth)),
                _ => self.aggregated(sort, depth),
            },
            Sort::Text => match self.below(9) {
                0 => format!("({} + {})", self.of(sort, depth), self.of(sort, depth)),
                1 => format!("fold({})", self.path_called("name")),
                2 | 3 => format!("{}.currency", self.kept_money(depth)),
                4 => format!("trim({})", self.of(sort, depth)),
                5 => format!("left({}, {})", self.of(sort, depth), self.below(4)),
                6 => format!("right({}, {})", self.of(sort, depth), self.below(4)),
                7 => {
                    let sorts = [Sort::Number, Sort::Text, Sort::Choice, Sort::Boolean, Sort::Date, Sort::Duration];
                    let sort = sorts[self.below(6)];
                    let value = match sort {
                        Sort::Boolean => self.boolean(depth),
                        Sort::Number if self.flip() => self.whole(depth),
                        _ => self.of(sort, depth),
                    };
                    format!("text({value})")
                }
                8 => {
                    let (old, new) =
                        [("\"a\"", "\"e\""), ("\"ac\"", "()"), ("()", "\"a\""), ("\"Á\"", "\"A\"")][self.below(4)];
                    format!("replace({}, {old}, {new})", self.of(sort, depth))
                }
                _ => self.path_called("stage.outcome"),
            },
            Sort::Date => match self.below(7) {
                0 => {
                    let sign = ["+", "-"][self.below(2)];
                    format!("({} {sign} {})", self.of(sort, depth), self.duration(depth))
                }
                1 => {
                    let months = ["1", "-1", "12", "0", "200000", "score", "points", ""][self.below(8)];
                    let months = if months.is_empty() { self.whole(depth) } else { months.to_owned() };
                    format!("add_months({}, {months})", self.of(sort, depth))
                }
                2 => self.aggregated(sort, depth),
                3..=5 => format!("date({})", self.of(Sort::DateTime, depth)),
                _ => {
                    let names = ["start_of_week", "start_of_month", "end_of_month", "start_of_year", "end_of_year"];
                    format!("{}({})", names[self.below(5)], self.of(sort, depth))
                }
            },
            Sort::DateTime => match self.below(3) {
                0 => {
                    let sign = ["+", "-"][self.below(2)];
                    format!("({} {sign} {})", self.of(sort, depth), self.duration(depth))
                }
                1 => format!("datetime({})", self.of(Sort::Date, depth)),
                _ => self.path(sort, depth),
            },
            Sort::Duration => match self.below(5) {
                0 => format!("({} + {})", self.of(sort, depth), self.of(sort, depth)),
                1 => format!("({} - {})", self.of(Sort::Date, depth), self.of(Sort::Date, depth)),
                2 => format!("({} - {})", self.of(Sort::DateTime, depth), self.of(Sort::DateTime, depth)),
                3 => {
                    let name = ["minutes", "hours", "days", "weeks"][self.below(4)];
                    let count = ["score", "points", "(score - points)", "version", ""][self.below(5)];
                    let count = if count.is_empty() { self.whole(depth) } else { count.to_owned() };
                    format!("{name}({count})")
                }
                _ => format!("-({})", self.of(sort, depth)),
            },
            Sort::Time => format!("time({})", self.of(Sort::DateTime, depth)),
            Sort::Boolean | Sort::Choice | Sort::Ref | Sort::Json => self.path(sort, depth),
        }
    }

    /// A whole number made of one that may have digits behind the point, and more than 64 bits.
    fn whole(&mut self, depth: usize) -> String {
        let name = ["floor", "ceil"][self.below(2)];
        format!("{name}({})", self.of(Sort::Number, depth))
    }

    /// By how much a day or moment is moved.
    fn duration(&mut self, depth: usize) -> String {
        if self.flip() { self.constant(Sort::Duration) } else { self.of(Sort::Duration, depth) }
    }

    /// Money that has an amount and a currency in SQL.
    fn kept_money(&mut self, depth: usize) -> String {
        let (a, b) = (self.path(Sort::Money, depth), self.path(Sort::Money, depth));
        match self.below(5) {
            0 => format!("({a} ?? {b})"),
            1 => format!("({a} ?? 7)"),
            2 => format!("(if {} {{ {a} }} else {{ {b} }})", self.boolean(depth + 1)),
            _ => a,
        }
    }

    fn aggregated(&mut self, sort: Sort, depth: usize) -> String {
        let (list, of) = self.list(depth);
        let fields: Vec<String> = of.map(|of| self.fields_of(&self.model[of], sort)).unwrap_or_default();
        let (Some(of), false) = (of, fields.is_empty()) else { return format!("count({list})") };
        let field = fields[self.below(fields.len())].clone();
        let list = if self.below(3) == 0 {
            let item = format!("i{}", self.scopes.len());
            self.scopes.push((item.clone(), of));
            let body = self.boolean(depth + 1);
            self.scopes.pop();
            format!("{list}.filter(|{item}| {body})")
        } else {
            list
        };
        let name = ["sum", "min", "max", "count"][self.below(if sort == Sort::Date { 3 } else { 4 })];
        let name = if sort == Sort::Date && name == "sum" { "max" } else { name };
        format!("{name}({list}.{field})")
    }

    fn constant(&mut self, sort: Sort) -> String {
        let pick = |grammar: &mut Self, of: &[&str]| of[grammar.below(of.len())].to_owned();
        match sort {
            Sort::Boolean => pick(self, &["true", "false"]),
            Sort::Number => pick(
                self,
                &[
                    "0",
                    "1",
                    "7",
                    "100",
                    "-1",
                    "99.5",
                    "0.01",
                    "1.005",
                    "-0.00005",
                    "123456789012.3456",
                    "()",
                    "9000000000000000",
                    "-9000000000000000",
                    "8999999999999999",
                    "0.0000000001",
                    "me.version",
                ],
            ),
            Sort::Money => pick(self, &["amount", "total", "(amount + 1)", "()", "100"]),
            Sort::Text => pick(self, &["\"a\"", "\"ÁBACO\"", "\"acme corp\"", "\"zz\"", "()", "me.name", "\"\""]),
            Sort::Choice => pick(self, &["stage", "priority"]),
            Sort::Date => pick(
                self,
                &[
                    "today()",
                    "date(\"2026-03-15\")",
                    "start_of_month()",
                    "(today() + days(1))",
                    "()",
                    "date(\"0001-01-01\")",
                    "date(\"9999-12-31\")",
                    "date(\"2006-10-29\")",
                    "date(\"2011-12-30\")",
                    "date(\"2011-12-31\")",
                ],
            ),
            Sort::Time => pick(self, &["time(\"09:30\")", "time(\"23:59:59\")", "time(now())", "()"]),
            Sort::DateTime => pick(self, &["now()", "(now() - hours(1))", "datetime(\"2026-03-15T10:20:31Z\")", "()"]),
            Sort::Duration => pick(
                self,
                &[
                    "days(1)",
                    "hours(36)",
                    "-(days(1))",
                    "weeks(1)",
                    "minutes(0)",
                    "days(4000000)",
                    "days(-800000)",
                    "()",
                ],
            ),
            Sort::Ref => pick(self, &["me", "me.team", "()", "owner", "account"]),
            Sort::Json => "extra".to_owned(),
        }
    }

    /// A field of a sort, of anything at hand or of what that refers to.
    fn path(&mut self, sort: Sort, _depth: usize) -> String {
        let mut paths = Vec::new();
        for (name, entity) in &self.scopes {
            let prefix = if name.is_empty() { String::new() } else { format!("{name}.") };
            paths.extend(self.paths(*entity, sort, &prefix, 2));
        }
        if paths.is_empty() {
            return self.constant(sort);
        }
        paths[self.below(paths.len())].clone()
    }

    /// A path that ends in a field of that name; the innermost row has it, or the row itself.
    fn path_called(&mut self, name: &str) -> String {
        let first = name.split('.').next().unwrap();
        let has = |entity: EntityId| self.model[entity].field(first).is_some();
        match self.scopes.iter().rev().find(|(_, entity)| has(*entity)) {
            Some((scope, _)) if !scope.is_empty() => format!("{scope}.{name}"),
            Some(_) => name.to_owned(),
            None => format!("account.{name}"),
        }
    }

    fn paths(&self, entity: EntityId, sort: Sort, prefix: &str, further: usize) -> Vec<String> {
        let declared = &self.model[entity];
        let mut paths: Vec<String> =
            self.fields_of(declared, sort).iter().map(|name| format!("{prefix}{name}")).collect();
        if further > 0 {
            for field in &declared.fields {
                if let (Kind::Ref(reference), false) = (&field.kind, field.many)
                    && let [target] = *reference.targets
                    && &*field.name != "id"
                {
                    paths.extend(self.paths(target, sort, &format!("{prefix}{}.", field.name), further - 1));
                }
            }
        }
        paths
    }

    fn fields_of(&self, entity: &Entity, sort: Sort) -> Vec<String> {
        let mut names = Vec::new();
        for field in &entity.fields {
            if sort_of(&field.value_type()) == Some(sort) {
                names.push(field.name.to_string());
            }
            if let Kind::Choice { options } = field.kind
                && !field.many
            {
                let attributes = self.model[options].attributes.iter();
                let fitting = attributes.filter(|attribute| sort_of(&attribute.ty) == Some(sort));
                names.extend(fitting.map(|attribute| format!("{}.{}", field.name, attribute.name)));
            }
        }
        names
    }
}

fn sort_of(ty: &Type) -> Option<Sort> {
    Some(match ty {
        Type::Boolean => Sort::Boolean,
        Type::Integer | Type::Decimal => Sort::Number,
        Type::Money => Sort::Money,
        Type::Text => Sort::Text,
        Type::Choice(_) => Sort::Choice,
        Type::Date => Sort::Date,
        Type::Time => Sort::Time,
        Type::DateTime => Sort::DateTime,
        Type::Duration => Sort::Duration,
        Type::Ref(_) => Sort::Ref,
        Type::Json => Sort::Json,
        Type::Nothing | Type::Secret | Type::List(_) | Type::Any => return None,
    })
}
