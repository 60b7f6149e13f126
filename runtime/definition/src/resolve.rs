//! From documents to a model: every name resolved, every expression compiled, everything checked that can be.
//!
//! Three passes. *Declare*: what there is, and how each field is stored (`declare`, `kind`, `taken`). *Compile*:
//! where values come from (`derive`), and then everything else that holds an expression, over fields whose kinds and
//! sources are known. *Check*: what only the whole can tell, such as circles and what is stored (`graph`).
//!
//! What must hold: findings accumulate, and no slip hides another; whatever has an error of its own keeps its name,
//! so that nothing else fails for want of it (`findings`); no model comes of definitions with an error. It reads no
//! file and asks neither clock nor machine.

mod behaviour;
mod bounds;
mod clone;
mod context;
mod data;
mod declare;
mod derive;
mod duplicates;
mod entity;
mod expression;
mod field;
mod files;
mod findings;
mod followed;
mod form;
mod former;
mod gaps;
mod graph;
mod inside;
mod kept;
mod keys;
mod kind;
mod left_out;
mod literal;
mod mapping;
mod media;
mod menu;
mod not_yet;
mod options;
mod pipeline;
mod rates;
mod reads;
mod rows;
mod rule;
mod scenario;
mod script;
mod sequence;
mod system;
mod taken;
mod text;
mod time;
mod types;
mod value;
mod view;
mod within;
mod workspace;
mod written;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use fichero_model::diagnostic::Diagnostic;
use fichero_model::entity::{Field, Part, Source};
use fichero_model::expr::Setting;
use fichero_model::kind::Kind;
use fichero_model::model::Model;
use fichero_model::place::Place;
use fichero_model::{EntityId, FieldId, PipelineId, Value, code};

pub(crate) use declare::settings_entity;
pub use not_yet::Capabilities;
pub(crate) use not_yet::missing;

use crate::catalog::Catalog;
use crate::source::Sources;
use context::World;
use declare::Declared;
use derive::{Derived, Round};
use files::Files;
use findings::Findings;
use gaps::Gaps;
use graph::Graph;
use kind::Kinds;
use types::Word;

/// Compiles the definitions of a workspace. Without an error there is a model; with one there is none, and the
/// findings say all that is wrong, in the order of the files.
pub fn compile(sources: &Sources, capabilities: &Capabilities) -> (Option<Model>, Vec<Diagnostic>) {
    let (mut catalog, mut found) = crate::catalog(sources);
    crate::group::write_out(&mut catalog, &mut found);
    let files = Files::new(sources, &catalog);
    let mut findings = Findings::new(&files);
    let gaps = Gaps::of(sources, &catalog);
    findings.begin(found, gaps);
    let model = resolve(sources, &catalog, capabilities, &mut findings);
    let sound = !findings.has_errors() && sources.is_complete();
    let order: HashMap<&str, usize> =
        sources.files().iter().enumerate().map(|(index, file)| (&*file.path, index)).collect();
    let mut diagnostics = findings.into_diagnostics();
    diagnostics.sort_by_key(|diagnostic| {
        diagnostic.place.as_ref().map(|place| (order.get(&*place.file).copied(), place.start))
    });
    (model.filter(|_| sound), diagnostics)
}

/// Runs the passes. Nothing when there is nothing to build on.
fn resolve(
    sources: &Sources,
    catalog: &Catalog,
    capabilities: &Capabilities,
    findings: &mut Findings<'_>,
) -> Option<Model> {
    let declared = Declared::collect(catalog, findings);
    let (Some(user), Some(team)) = (declared.find("user"), declared.find("team")) else {
        let place = Place::start_of(&Arc::from("workspace.yaml"));
        findings.error(code::WORKSPACE, &place, "the runtime's own entities `user` and `team` are not there");
        return None;
    };
    former::check_all(catalog, &declared, findings);
    let workspace = workspace::workspace(catalog, findings);
    let currency = workspace.currency;
    let mut model = Model {
        workspace,
        packs: workspace::packs(sources, catalog, findings),
        entities: Vec::new(),
        options: Vec::new(),
        pipelines: Vec::new(),
        views: Vec::new(),
        forms: Vec::new(),
        menu: Vec::new(),
        menu_label: None,
        data: Vec::new(),
        mappings: Vec::new(),
        settings: Vec::new(),
        scenarios: Vec::new(),
        scripts: script::all(sources, findings),
        user,
        team,
        rates: None,
        revision: hexadecimal(&sources.hash()),
        by_name: HashMap::new(),
    };
    let mut kinds = Kinds::new(&declared, catalog, currency, findings);
    declare_fields(&mut model, &mut kinds, sources, findings);
    model.settings = data::settings(catalog, &declared);
    let records = data::records(catalog, &declared, &model, true);
    let world = World { sources, catalog, declared: &declared, records: &records, capabilities };
    let graph = derive_values(&mut model, &world, findings);
    compile_pipelines(&mut model, &world, &kinds, findings);
    compile_behaviour(&mut model, &world, &mut kinds, findings);
    compile_entities(&mut model, &world, &graph, findings);
    compile_pages(&mut model, &world, findings);
    let cx = world.over(&model);
    let (sets, mappings, scenarios) =
        (data::all(&cx, findings), mapping::all(&cx, findings), scenario::all(&cx, findings));
    (model.data, model.mappings, model.scenarios) = (sets, mappings, scenarios);
    not_yet::check_keys(catalog, capabilities, findings);
    not_yet::check_names(catalog, &declared, &model, findings);
    Some(model)
}

/// Gives every entity its fields, with their kinds.
fn declare_fields(model: &mut Model, kinds: &mut Kinds<'_, '_>, sources: &Sources, findings: &mut Findings<'_>) {
    let declared = kinds.declared;
    for (id, declaration) in declared.all() {
        let mut fields = Vec::with_capacity(declaration.fields.len());
        for (index, field) in declaration.fields.iter().enumerate() {
            let kind = kinds.own(id, FieldId(index as u16), field, findings);
            fields.push(field::build(field, kind, findings));
        }
        let entity = entity::build(declaration, fields, sources, kinds.catalog, findings);
        model.entities.push(entity);
    }
    model.index();
    name_parts(model);
    let mut rows = Vec::new();
    for (id, declaration) in declared.all() {
        for (index, field) in declaration.fields.iter().enumerate() {
            let word = field.field_type.as_ref().map(|field_type| field_type.word);
            if let Some(word) = word.filter(|word| matches!(word, Word::Lines | Word::Children)) {
                let kind = rows::kind(kinds, model, id, field, word, findings);
                if kind.is_none() {
                    findings.set_broken(&field.name);
                }
                rows.extend(kind.map(|kind| (id, FieldId(index as u16), kind)));
            }
        }
    }
    for (entity, field, kind) in rows {
        field_mut(model, entity, field, |field| field.kind = kind);
    }
    for (entity, id, taken) in taken::all(declared, model, findings) {
        let taken = taken.unwrap_or_else(taken::nothing);
        field_mut(model, entity, id, |field| taken.give(field));
    }
    for (entity, parent) in entity::trees(declared, model, findings) {
        if let Some(entity) = model.entities.get_mut(entity.index()) {
            entity.tree = Some(parent);
        }
    }
    if u16::try_from(kinds.options.len()).is_err() {
        let place = Place::start_of(&Arc::from("workspace.yaml"));
        findings.error(
            code::BAD_VALUE,
            &place,
            format!("the definitions hold {} sets of options, at most {} are possible", kinds.options.len(), u16::MAX),
        );
        kinds.options.truncate(usize::from(u16::MAX));
    }
    model.options.clone_from(&kinds.options);
}

/// Says of the parts of groups what they are called within and without.
fn name_parts(model: &mut Model) {
    let mut named = Vec::new();
    for (id, entity) in model.all_entities() {
        for group in &entity.groups {
            for (_, field) in &group.parts {
                let part = Part { of: group.field, label: entity[*field].label.clone() };
                named.push((id, *field, part, entity[group.field].label.clone()));
            }
        }
    }
    for (entity, id, part, whole) in named {
        field_mut(model, entity, id, |field| {
            field.label = text::joined(&whole, &part.label);
            field.part = Some(part);
        });
    }
}

/// Compiles where values come from, and finds out which formulas are stored.
fn derive_values(model: &mut Model, world: &World<'_>, findings: &mut Findings<'_>) -> Graph {
    let cx = world.over(model);
    let mut sources = derive::all(&cx, Round::Lookups, findings);
    let compiled: HashSet<(EntityId, FieldId)> = sources.iter().map(|(entity, field, _)| (*entity, *field)).collect();
    for (entity, declaration) in world.declared.all() {
        for (index, field) in declaration.fields.iter().enumerate() {
            let is_lookup = field.node().is_some_and(|node| node.get("lookup").is_some());
            if is_lookup && !compiled.contains(&(entity, FieldId(index as u16))) {
                findings.set_broken(&field.name);
            }
        }
    }
    sources.extend(derive::all(&cx, Round::Others, findings));
    let graph = Graph::of(model, &sources);
    let circles = graph.check_circles(model, findings);
    // A field of a circle stays one that is given: whoever follows its source would never come back.
    sources.retain(|(entity, field, _)| !circles.contains(&(*entity, *field)));
    let of = |is: fn(&Derived) -> bool| {
        sources
            .iter()
            .filter(|(.., derived)| is(derived))
            .map(|(entity, field, _)| (*entity, *field))
            .collect::<HashSet<_>>()
    };
    let formulas = of(|derived| matches!(derived, Derived::Source(Source::Formula { .. })));
    let lookups = of(|derived| matches!(derived, Derived::Source(Source::Lookup(_))));
    let stored = graph.stored(model, &formulas, &lookups);
    for (entity, id, mut derived) in sources {
        if let Derived::Source(Source::Formula { stored: is_stored, .. }) = &mut derived {
            *is_stored = stored.contains(&(entity, id));
        }
        field_mut(model, entity, id, |field| derive::apply(field, derived));
    }
    refresh_portability(model);
    derive::check_rollups(&world.over(model), findings);
    graph
}

/// Whether a source can become SQL depends on the sources of the fields it reads, which are known only now.
fn refresh_portability(model: &mut Model) {
    let mut found = Vec::new();
    for (entity, definition) in model.all_entities() {
        for (id, field) in definition.all_fields() {
            if let Source::Formula { value, .. }
            | Source::Lookup(value)
            | Source::Compute(value)
            | Source::Copy(value) = &field.source
            {
                found.push((entity, id, value.find_unportable(model)));
            }
        }
    }
    for (entity, id, unportable) in found {
        field_mut(model, entity, id, |field| {
            if let Source::Formula { value, .. }
            | Source::Lookup(value)
            | Source::Compute(value)
            | Source::Copy(value) = &mut field.source
            {
                value.unportable = unportable;
            }
        });
    }
}

/// Compiles pipelines, and gives stage fields what they make of them.
fn compile_pipelines(model: &mut Model, world: &World<'_>, kinds: &Kinds<'_, '_>, findings: &mut Findings<'_>) {
    model.pipelines = pipeline::pipelines(&world.over(model), kinds, findings);
    let mut first: HashMap<(EntityId, FieldId), usize> = HashMap::new();
    for (index, pipeline) in model.pipelines.iter().enumerate() {
        first.entry((pipeline.entity, pipeline.field)).or_insert(index);
    }
    for ((entity, field), index) in first {
        // Pipelines that share a field say for which records they are; then it depends on the record where it begins, and
        // whether it has a stage at all.
        let pipeline = model.pipelines.get(index);
        let is_for_some = pipeline.is_some_and(|pipeline| pipeline.condition.is_some());
        let stage = pipeline
            .and_then(|pipeline| pipeline.stages.first())
            .filter(|_| !is_for_some)
            .map(|stage| Arc::clone(&stage.name));
        field_mut(model, entity, field, |field| {
            field.required &= !is_for_some;
            field.pipeline = u16::try_from(index).ok().map(PipelineId);
            field.default = stage.map(|stage| Setting::Literal(Value::Text(stage)));
        });
    }
}

/// Compiles the checks of types, and then what fields do.
fn compile_behaviour(model: &mut Model, world: &World<'_>, kinds: &mut Kinds<'_, '_>, findings: &mut Findings<'_>) {
    let (known, catalog) = (kinds.options.len(), kinds.catalog);
    for document in catalog.of_kind("type") {
        if let Some(found) = world.declared.types.find(&document.name, &document.name_place, findings) {
            field::check_type_keys(document, found.word, findings);
        }
    }
    let of_types: Vec<_> =
        catalog.of_kind("type").filter_map(|document| Some((document, kinds.of_type(document, findings)?))).collect();
    // A type that no field uses may have brought options of its own.
    model.options.extend(kinds.options.iter().skip(known).cloned());
    let cx = world.over(model);
    let checks = of_types
        .iter()
        .map(|(document, kind)| (Arc::clone(&document.name), behaviour::type_checks(&cx, document, kind, findings)))
        .collect();
    for (entity, id, behaviour) in behaviour::all(&cx, &checks, findings) {
        field_mut(model, entity, id, |field| behaviour.apply(field));
    }
}

/// Compiles what entities hold beside fields, and the order their fields are refreshed in.
fn compile_entities(model: &mut Model, world: &World<'_>, graph: &Graph, findings: &mut Findings<'_>) {
    let cx = world.over(model);
    let ids: Vec<EntityId> = model.all_entities().map(|(id, _)| id).collect();
    let titles: Vec<FieldId> = ids.iter().map(|id| entity::title(&cx, *id, findings)).collect();
    let parts: Vec<_> = ids
        .iter()
        .map(|id| {
            (
                keys::uniques(&cx, *id, findings),
                keys::indexes(&cx, *id, findings),
                duplicates::all(&cx, *id, findings),
                rule::all(&cx, *id, findings),
                graph.order(model, *id),
            )
        })
        .collect();
    for id in &ids {
        keys::check_search(&cx, *id, findings);
    }
    let lines = entity::line_of(&cx, findings);
    let rates = rates::find(&cx, findings);
    entity::check_companions(model, findings);
    for ((entity, title), (unique, indexes, duplicates, rules, order)) in
        model.entities.iter_mut().zip(titles).zip(parts)
    {
        entity.title = title;
        entity.unique = unique;
        entity.indexes = indexes;
        entity.duplicates = duplicates;
        entity.rules = rules;
        entity.compute_order = order;
    }
    for (id, line_of) in lines {
        if let Some(entity) = model.entities.get_mut(id.index()) {
            entity.line_of = Some(line_of);
        }
        // Lines live and die with their parent.
        field_mut(model, id, line_of.by, |field| {
            if let Kind::Ref(reference) = &mut field.kind {
                reference.on_delete = fichero_model::kind::OnDelete::Cascade;
            }
        });
    }
    model.rates = rates;
    for (entity, id) in clone::all(&world.over(model), findings) {
        field_mut(model, entity, id, |field| field.cloned = true);
    }
    kept::check_all(&world.over(model), findings);
    followed::check_all(model, findings);
}

/// Compiles what people see.
fn compile_pages(model: &mut Model, world: &World<'_>, findings: &mut Findings<'_>) {
    let cx = world.over(model);
    let views = view::all(&cx, findings);
    let indexes = view::auto_indexes(&cx, &views);
    let forms = form::all(&cx, findings);
    let (menu, menu_label) = (menu::entries(&cx, &views, findings), menu::label(&cx, findings));
    for (entity, index) in indexes {
        if let Some(entity) = model.entities.get_mut(entity.index()) {
            entity.indexes.push(index);
        }
    }
    (model.views, model.forms) = (views, forms);
    (model.menu, model.menu_label) = (menu, menu_label);
}

fn field_mut(model: &mut Model, entity: EntityId, field: FieldId, change: impl FnOnce(&mut Field)) {
    if let Some(field) = model.entities.get_mut(entity.index()).and_then(|entity| entity.fields.get_mut(field.index()))
    {
        change(field);
    }
}

fn hexadecimal(bytes: &[u8]) -> Arc<str> {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
}
