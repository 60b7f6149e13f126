//! A model as text, for people to read in snapshots: what every definition has become.

use std::fmt::Write as _;

use fichero_model::data::{Action, ScenarioStep};
use fichero_model::entity::{Entity, Field, Options, Source};
use fichero_model::expr::{Expr, Setting};
use fichero_model::kind::{Kind, MoneyCurrency};
use fichero_model::label::{Locale, Text};
use fichero_model::model::Model;
use fichero_model::page::{MenuEntry, MenuTarget, Placed};
use fichero_model::pipeline::{Pipeline, Transition};
use fichero_model::rule::{Message, Piece};
use fichero_model::{EntityId, FieldId};

/// The whole model but for what the runtime brings itself.
pub fn model(model: &Model) -> String {
    let mut out = String::new();
    let workspace = &model.workspace;
    let zone = workspace.time_zone.iana_name().unwrap_or("?");
    line(
        &mut out,
        0,
        &format!(
            "workspace {} `{}` {} {zone} {}",
            workspace.name,
            text(&workspace.title),
            workspace.locale,
            workspace.currency
        ),
    );
    for pack in &model.packs {
        line(&mut out, 0, &format!("pack {} {} `{}`", pack.name, pack.version, text(&pack.title)));
    }
    for (id, entity) in model.all_entities() {
        // Those of the runtime are told only where definitions extend them.
        if &*entity.place.file != "fichero/runtime.yaml"
            || entity.fields.iter().any(|field| field.place.file != entity.place.file)
        {
            one_entity(&mut out, model, id, entity);
        }
    }
    for pipeline in &model.pipelines {
        let entity = &model[pipeline.entity];
        line(
            &mut out,
            0,
            &format!(
                "pipeline {} `{}` {}.{}{}",
                pipeline.name,
                text(&pipeline.label),
                entity.name,
                entity[pipeline.field].name,
                given(" for ", pipeline.condition.as_ref())
            ),
        );
        for stage in &pipeline.stages {
            let next = stage
                .next
                .as_ref()
                .map(|next| next.iter().map(|way| transition(entity, pipeline, way)).collect::<Vec<_>>().join(", "));
            let require = stage.require.iter().map(|field| &*entity[*field].name).collect::<Vec<_>>().join(", ");
            let outcome = stage.outcome.as_deref().map(|outcome| format!(" outcome {outcome}")).unwrap_or_default();
            let closed = if stage.closed { " closed" } else { "" };
            let require = if require.is_empty() { String::new() } else { format!(" require [{require}]") };
            line(
                &mut out,
                1,
                &format!(
                    "{}{outcome}{closed}{require} → {}",
                    stage.name,
                    next.map_or("any".to_owned(), |next| format!("[{next}]"))
                ),
            );
        }
    }
    if let Some(rates) = &model.rates {
        let entity = &model[rates.entity];
        line(
            &mut out,
            0,
            &format!(
                "rates in {} where {}, from {} at {}",
                entity.name, rates.applies.text, entity[rates.date].name, entity[rates.rate].name
            ),
        );
    }
    pages(&mut out, model);
    records(&mut out, model);
    scenarios(&mut out, model);
    out
}

fn one_entity(out: &mut String, model: &Model, id: EntityId, entity: &Entity) {
    let pack = entity.pack.as_deref().map(|pack| format!(" from {pack}")).unwrap_or_default();
    let like = if entity.mixins.is_empty() { String::new() } else { format!(" like [{}]", entity.mixins.join(", ")) };
    let line_of = entity.line_of.map(|line| {
        format!(
            " line of {}.{} by {}",
            model[line.parent].name, model[line.parent][line.field].name, entity[line.by].name
        )
    });
    let flags = [(entity.append_only, " append_only")]
        .into_iter()
        .filter(|(is, _)| *is)
        .map(|(_, word)| word)
        .collect::<String>()
        + &*entity.tree.map(|parent| format!(" tree {}", entity[parent].name)).unwrap_or_default();
    line(
        out,
        0,
        &format!(
            "entity {} `{}` `{}` title {}{pack}{like}{}{flags}",
            entity.name,
            text(&entity.label),
            text(&entity.plural),
            entity[entity.title].name,
            line_of.unwrap_or_default()
        ),
    );
    for (_, field) in entity.all_fields().filter(|(_, field)| !field.system) {
        one_field(out, model, entity, field);
    }
    for unique in &entity.unique {
        let exact = if unique.exact { " exact" } else { "" };
        let overlap = unique.overlap.map(|time| format!(" overlap [{}]", names(entity, &[time.starts, time.ends])));
        let overlap = overlap.unwrap_or_default();
        line(
            out,
            1,
            &format!(
                "unique {} [{}]{overlap}{}{exact}{}",
                unique.name,
                names(entity, &unique.fields),
                given(" where ", unique.filter.as_ref()),
                unique.message.as_ref().map(|message| format!(" `{}`", spoken(message))).unwrap_or_default()
            ),
        );
    }
    for index in &entity.indexes {
        let filter = given(" where ", index.filter.as_ref());
        line(out, 1, &format!("index {} [{}]{filter}", index.name, names(entity, &index.fields)));
    }
    for rule in &entity.rules {
        line(out, 1, &format!("rule {} on {:?}{}", rule.name, rule.on, given(" if ", rule.condition.as_ref())));
        for find in &rule.finds {
            let sort: Vec<String> = find
                .sort
                .iter()
                .map(|key| format!("{}{}", if key.descending { "-" } else { "" }, key.by.text))
                .collect();
            line(
                out,
                2,
                &format!(
                    "find {} in {}{} sort [{}]{}",
                    find.name,
                    model[find.from].name,
                    given(" where ", find.filter.as_ref()),
                    sort.join(", "),
                    if find.first { " first".to_owned() } else { format!(" limit {}", find.limit) }
                ),
            );
        }
        for (field, value) in &rule.set {
            line(out, 2, &format!("set {} = {}", entity[*field].name, setting(value)));
        }
        if let Some(reject) = &rule.reject {
            let field = reject.field.map(|field| format!(" {}", entity[field].name)).unwrap_or_default();
            line(out, 2, &format!("reject{field} `{}`", spoken(&reject.message)));
        }
    }
    if !entity.compute_order.is_empty() {
        line(out, 1, &format!("refresh [{}]", names(entity, &entity.compute_order)));
    }
    let _ = id;
}

fn transition(entity: &Entity, pipeline: &Pipeline, way: &Transition) -> String {
    let label = way.label.as_ref().map(|label| format!(" `{}`", text(label))).unwrap_or_default();
    let help = way.help.as_ref().map(|help| format!(" help `{}`", text(help))).unwrap_or_default();
    let require =
        if way.require.is_empty() { String::new() } else { format!(" require [{}]", names(entity, &way.require)) };
    format!("{}{label}{help}{require}", pipeline.stages[way.to].name)
}

fn placed(entity: &Entity, placed: &Placed) -> String {
    let label = placed.label.as_ref().map(|label| format!(" `{}`", text(label))).unwrap_or_default();
    let help = placed.help.as_ref().map(|help| format!(" help `{}`", text(help))).unwrap_or_default();
    let flags = [(placed.readonly, " readonly"), (placed.wide, " wide")];
    let flags: String = flags.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
    let widget = placed.widget.as_deref().map(|widget| format!(" widget {widget}")).unwrap_or_default();
    let visible = given(" visible_if ", placed.visible_if.as_ref());
    format!("{}{label}{help}{flags}{widget}{visible}", entity[placed.field].name)
}

fn one_field(out: &mut String, model: &Model, entity: &Entity, field: &Field) {
    let many = if field.many { " many" } else { "" };
    let stored = if field.is_stored() { "" } else { " (not stored)" };
    let mut parts = vec![format!(
        "{}: {}{many}{stored} `{}`",
        field.name,
        kind(model, &field.kind, &field.type_name),
        text(&field.label)
    )];
    let mut push = |part: String| parts.push(part);
    match &field.source {
        Source::Input => {}
        Source::Compute(value) => push(format!("compute {}", value.text)),
        Source::Copy(value) => push(format!("copy {}", value.text)),
        Source::Formula { value, .. } => push(format!("formula {}", value.text)),
        Source::Lookup(value) => push(format!("lookup {}", value.text)),
        Source::Rollup(rollup) => {
            let of = rollup.of.as_ref().map(|of| format!(".{}", of.text)).unwrap_or_default();
            push(format!(
                "rollup {:?} {}{of}{}",
                rollup.function,
                entity[rollup.over].name,
                given(" where ", rollup.filter.as_ref())
            ));
        }
        Source::Sequence(sequence) => push(format!(
            "sequence {:?} per {:?}{}",
            sequence.pattern,
            sequence.per,
            if sequence.gapless { " gapless" } else { "" }
        )),
    }
    for (is, word) in [
        (field.required, "required"),
        (field.readonly, "readonly"),
        (field.once, "once"),
        (field.append_only, "append_only"),
        (field.is_input() && !field.cloned, "not cloned"),
        (field.unique, "unique"),
        (field.external, "external"),
        (field.index, "index"),
        (field.search, "search"),
        (field.sensitive, "sensitive"),
        (field.personal, "personal"),
        (field.pipeline.is_some(), "pipeline"),
    ] {
        if is {
            push(word.to_owned());
        }
    }
    for (word, expr) in [
        ("required_if", &field.required_if),
        ("readonly_if", &field.readonly_if),
        ("visible_if", &field.visible_if),
        ("options_if", &field.options_if),
        ("fix_rate_if", &field.fix_rate_if),
        ("country", &field.country),
    ] {
        if let Some(expr) = expr {
            push(format!("{word} {}", expr.text));
        }
    }
    for (word, value) in [("default", &field.default), ("fill", &field.fill)] {
        if let Some(value) = value {
            push(format!("{word} {}", setting(value)));
        }
    }
    for (word, value) in [("min", &field.min), ("max", &field.max)] {
        if let Some(value) = value {
            push(format!("{word} {value:?}"));
        }
    }
    for (word, number) in [("min_items", field.min_items), ("max_items", field.max_items)] {
        if let Some(number) = number {
            push(format!("{word} {number}"));
        }
    }
    if !field.clean.is_empty() {
        push(format!("clean {:?}", field.clean));
    }
    if let Some(pattern) = &field.pattern {
        push(format!("pattern {}", pattern.text));
    }
    for check in &field.validate {
        push(format!("check {} if {} `{}`", check.name, check.bad.text, spoken(&check.message)));
    }
    if let Some(widget) = &field.widget {
        push(format!("widget {widget}"));
    }
    if !field.was.is_empty() {
        push(format!("was [{}]", field.was.join(", ")));
    }
    line(out, 1, &parts.join("; "));
    if let Kind::Choice { options } = &field.kind {
        one_set(out, &model[*options]);
    }
}

fn one_set(out: &mut String, options: &Options) {
    for option in &options.options {
        let attributes: Vec<String> = options
            .attributes
            .iter()
            .zip(&option.attributes)
            .map(|(attribute, value)| format!(" {}={value:?}", attribute.name))
            .collect();
        let retired = if option.retired { " retired" } else { "" };
        let color = option.color.as_deref().map(|color| format!(" {color}")).unwrap_or_default();
        let icon = option.icon.as_deref().map(|icon| format!(" icon {icon}")).unwrap_or_default();
        let help = option.help.as_ref().map(|help| format!(" help `{}`", text(help))).unwrap_or_default();
        line(
            out,
            2,
            &format!("{} `{}`{color}{icon}{help}{retired}{}", option.name, text(&option.label), attributes.concat()),
        );
    }
}

fn pages(out: &mut String, model: &Model) {
    for view in &model.views {
        line(
            out,
            0,
            &format!(
                "view {} `{}` {:?} of {}{}{}",
                view.name,
                text(&view.label),
                view.kind,
                model[view.entity].name,
                given(" where ", view.filter.as_ref()),
                given(" group ", view.group.as_ref())
            ),
        );
        for column in &view.columns {
            let path: Vec<String> =
                column.path.iter().map(|(entity, field)| model[*entity][*field].name.to_string()).collect();
            line(
                out,
                1,
                &format!(
                    "column {}{}{}",
                    path.join("."),
                    column.label.as_ref().map(|label| format!(" `{}`", text(label))).unwrap_or_default(),
                    column.widget.as_deref().map(|widget| format!(" widget {widget}")).unwrap_or_default()
                ),
            );
        }
        if !view.was.is_empty() {
            line(out, 1, &format!("was [{}]", view.was.join(", ")));
        }
        if let Some(limit) = view.limit {
            line(out, 1, &format!("limit {limit}"));
        }
        for color in &view.colors {
            line(out, 1, &format!("color {} {} if {}", color.name, color.color, color.condition.text));
        }
        for key in &view.sort {
            line(out, 1, &format!("sort {}{}", if key.descending { "-" } else { "" }, key.by.text));
        }
        for total in &view.totals {
            line(out, 1, &format!("total {} {:?}{}", total.name, total.function, given(" of ", total.of.as_ref())));
        }
    }
    for form in &model.forms {
        line(out, 0, &format!("form {} of {}", form.name, model[form.entity].name));
        for section in &form.sections {
            let tab = if section.tab { " tab" } else { "" };
            line(
                out,
                1,
                &format!(
                    "section {} {} columns{tab} [{}]{}",
                    section.name,
                    section.columns,
                    section
                        .fields
                        .iter()
                        .map(|field| placed(&model[form.entity], field))
                        .collect::<Vec<_>>()
                        .join(", "),
                    given(" visible_if ", section.visible_if.as_ref())
                ),
            );
        }
    }
    if let Some(label) = &model.menu_label {
        line(out, 0, &format!("menu `{}`", text(label)));
    }
    menu(out, model, &model.menu, 0);
}

fn menu(out: &mut String, model: &Model, entries: &[MenuEntry], depth: usize) {
    for entry in entries {
        let target = match &entry.target {
            Some(MenuTarget::Entity(entity)) => format!(" → entity {}", model[*entity].name),
            Some(MenuTarget::View(view)) => format!(" → view {}", model.views[*view].name),
            Some(MenuTarget::Address(address)) => format!(" → {address}"),
            None => String::new(),
        };
        let color = entry.color.as_deref().map(|color| format!(" {color}")).unwrap_or_default();
        line(out, depth, &format!("menu {} `{}`{target}{color}", entry.name, text(&entry.label)));
        menu(out, model, &entry.children, depth + 1);
    }
}

fn records(out: &mut String, model: &Model) {
    for set in &model.data {
        line(
            out,
            0,
            &format!("data {} of {}{}", set.name, model[set.entity].name, if set.demo { " demo" } else { "" }),
        );
        for row in &set.rows {
            line(out, 1, &format!("{}: {}", row.name, settings(&model[set.entity], &row.set)));
        }
    }
    for found in &model.settings {
        line(
            out,
            0,
            &format!(
                "settings {} in {}{}{}",
                found.name,
                model[found.entity].name,
                if found.team.is_some() { " per team" } else { "" },
                if found.user.is_some() { " per user" } else { "" }
            ),
        );
    }
    for mapping in &model.mappings {
        let entity = &model[mapping.entity];
        line(
            out,
            0,
            &format!("mapping {} of {} match [{}]", mapping.name, entity.name, names(entity, &mapping.matching)),
        );
        for column in &mapping.columns {
            let field = column.field.map_or("nothing", |field| &entity[field].name);
            let by = column.by.is_some();
            line(
                out,
                1,
                &format!(
                    "`{}` → {field}{}{}{} {:?} {:?}",
                    column.header,
                    if by { " by" } else { "" },
                    given(" = ", column.value.as_ref()),
                    if column.create { " create" } else { "" },
                    column.alias,
                    column.format
                ),
            );
        }
        line(out, 1, &format!("set {}", settings(entity, &mapping.set)));
    }
}

fn scenarios(out: &mut String, model: &Model) {
    for scenario in &model.scenarios {
        line(
            out,
            0,
            &format!(
                "test {} at {}{}",
                scenario.name,
                scenario.at,
                scenario.actor.as_deref().map(|actor| format!(" as {actor}")).unwrap_or_default()
            ),
        );
        for given in &scenario.given {
            line(
                out,
                1,
                &format!(
                    "given {} {}: {}",
                    model[given.entity].name,
                    given.name,
                    settings(&model[given.entity], &given.set)
                ),
            );
        }
        for step in &scenario.steps {
            one_step(out, model, step);
        }
    }
}

fn one_step(out: &mut String, model: &Model, step: &ScenarioStep) {
    let local = step.local.map(|local| format!(" → local {local}")).unwrap_or_default();
    let actor = step.actor.as_deref().map(|actor| format!(" as {actor}")).unwrap_or_default();
    line(out, 1, &format!("{}{actor}: {}{local}", step.name, action(model, &step.action)));
}

fn action(model: &Model, done: &Action) -> String {
    let values = |set: &[(FieldId, Setting)]| {
        set.iter().map(|(field, value)| format!("#{}={}", field.index(), setting(value))).collect::<Vec<_>>().join(" ")
    };
    match done {
        Action::Create { entity, set } => {
            format!("create {} {}", model[*entity].name, settings(&model[*entity], set))
        }
        Action::Update { target, set } => format!("update {} {}", target.text, values(set)),
        Action::Delete { target } => format!("delete {}", target.text),
        Action::Restore { target } => format!("restore {}", target.text),
        Action::Transition { target, to, set } => format!("transition {} to {to} {}", target.text, values(set)),
        Action::Find { from, filter, first, .. } => format!(
            "find {}{}{}",
            model[*from].name,
            given(" where ", filter.as_ref()),
            if *first { " first" } else { "" }
        ),
        Action::Advance { seconds } => format!("advance {seconds} s"),
        Action::AdvanceTo { moment } => format!("advance to {moment}"),
        Action::Restart => "restart".to_owned(),
        Action::Expect(condition) => format!("expect {}", condition.text),
        Action::Refused { action: inner, because } => {
            format!("refused ({}) because {}", action(model, inner), because.as_deref().unwrap_or("anything"))
        }
        Action::Mails { to, count, subject } => {
            format!("mails {count}{}{}", given(" to ", to.as_ref()), given(" subject ", subject.as_ref()))
        }
        Action::Page { path, shows, hides } => {
            let all = |texts: &[Setting]| texts.iter().map(setting).collect::<Vec<_>>().join(", ");
            format!("page {} shows [{}] hides [{}]", setting(path), all(shows), all(hides))
        }
    }
}

fn kind(model: &Model, kind: &Kind, type_name: &str) -> String {
    let names = |targets: &[EntityId]| targets.iter().map(|target| &*model[*target].name).collect::<Vec<_>>().join("|");
    let stored = match kind {
        Kind::Text { max } => format!("text {max}"),
        Kind::LongText { max } => format!("longtext {max}"),
        Kind::Secret { max } => format!("secret {max}"),
        Kind::Decimal { scale } => format!("decimal {scale}"),
        Kind::Money { currency: MoneyCurrency::Own(currency) } => format!("money {currency}"),
        Kind::Money { currency: MoneyCurrency::Shared(currency) } => format!("money in {}", currency.text),
        Kind::Choice { .. } => "choice".to_owned(),
        Kind::Ref(reference) => {
            let through = reference.through.map(|through| {
                format!(
                    " through {} ({} → {})",
                    model[through.entity].name,
                    model[through.entity][through.from].name,
                    model[through.entity][through.to].name
                )
            });
            format!(
                "ref {} {:?}{}{}",
                names(&reference.targets),
                reference.on_delete,
                given(" where ", reference.choose.as_deref()),
                through.unwrap_or_default()
            )
        }
        Kind::File(accepted) => {
            let types = match accepted.told() {
                types if types.is_empty() => String::new(),
                types => format!(" of {types}"),
            };
            let max = accepted.max.map(|max| format!(" to {}", fichero_model::size::text(max))).unwrap_or_default();
            format!("file{types}{max}")
        }
        Kind::Lines { of, by } => format!("lines {} by {}", model[*of].name, model[*of][*by].name),
        Kind::Children { of, by } => format!("children {} by {}", model[*of].name, model[*of][*by].name),
        Kind::Integer | Kind::Boolean | Kind::Date | Kind::Time | Kind::DateTime | Kind::Duration | Kind::Json => {
            kind.word().to_owned()
        }
    };
    if type_name == kind.word() { stored } else { format!("{type_name} ({stored})") }
}

fn settings(entity: &Entity, set: &[(FieldId, Setting)]) -> String {
    set.iter().map(|(field, value)| format!("{}={}", entity[*field].name, setting(value))).collect::<Vec<_>>().join(" ")
}

fn setting(value: &Setting) -> String {
    match value {
        Setting::Literal(value) => format!("{value:?}"),
        Setting::Named(name) => format!("record `{name}`"),
        Setting::Expr(expr) => format!("={}", expr.text),
        Setting::List(all) => format!("[{}]", all.iter().map(setting).collect::<Vec<_>>().join(", ")),
        Setting::Rows(rows) => format!("{} rows", rows.len()),
    }
}

fn names(entity: &Entity, fields: &[FieldId]) -> String {
    fields.iter().map(|field| &*entity[*field].name).collect::<Vec<_>>().join(", ")
}

fn given(before: &str, expr: Option<&Expr>) -> String {
    expr.map(|expr| format!("{before}{}", expr.text)).unwrap_or_default()
}

fn spoken(message: &Message) -> String {
    message
        .get(Locale::EN)
        .iter()
        .map(|piece| match piece {
            Piece::Text(text) => text.to_string(),
            Piece::Value(value) => format!("{{{{ {} }}}}", value.text),
        })
        .collect()
}

fn text(text: &Text) -> String {
    text.all()
        .iter()
        .map(|(locale, text)| if text.is_empty() { locale.to_string() } else { text.to_string() })
        .collect::<Vec<_>>()
        .join("|")
}

fn line(out: &mut String, depth: usize, text: &str) {
    let _ = writeln!(out, "{}{}", "  ".repeat(depth), text.trim_end());
}
