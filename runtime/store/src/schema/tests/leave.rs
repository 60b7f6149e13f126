//! What leaves while something else takes its name, or says that it was it.

use fichero_model::fixture::{Builder, Spec, link, reference, text};
use fichero_model::kind::{Kind, Through};
use fichero_model::{FieldId, Model};

use super::world::{World, id, on_each};
use crate::Cell;
use crate::schema::{Error, Hazard, Role};

fn field(model: &Model, entity: &str, name: &str) -> FieldId {
    model.entity(entity).unwrap().1.field(name).unwrap().0
}

/// Records `d` with tags, whose links are records of `lk` or not.
fn tagged(name: &'static str, was: Option<&str>, through: Option<&str>) -> Model {
    let builder = Builder::new().entity("d", [text("code"), link(name, &["tag"])]).entity("tag", [text("name")]);
    let both = || [reference("d", &["d"]), reference("tag", &["tag"])];
    let mut model = builder.entity("lk", both()).entity("other", both()).build();
    let through = through.map(|entity| Through {
        entity: model.entity(entity).unwrap().0,
        from: field(&model, entity, "d"),
        to: field(&model, entity, "tag"),
    });
    let (d, tags) = (model.entity("d").unwrap().0, field(&model, "d", name));
    let tags = &mut model.entities[d.index()].fields[tags.index()];
    tags.was.extend(was.map(Into::into));
    let Kind::Ref(reference) = &mut tags.kind else { panic!("a reference") };
    reference.through = through;
    model
}

fn refused(world: &World, model: &Model) -> String {
    let result = world.plan(model);
    let Err(Error::Refused(findings)) = result else { panic!("the values would be lost: {result:?}") };
    assert_eq!(findings.len(), 1);
    assert_eq!(findings[0].code.name(), "F1003");
    assert!(findings[0].place.is_some());
    findings[0].message.clone()
}

#[test]
fn links_do_not_become_records_of_an_entity_by_themselves_nor_the_other_way_round() {
    let links = || tagged("tags", None, None);
    let through = || tagged("tags", None, Some("lk"));
    on_each(|world| {
        world.publish(&links()).unwrap();
        world.add("d", id(1), &[]).unwrap();
        world.add("tag", id(2), &[]).unwrap();
        world.script("INSERT INTO d__tags (record, target, position) SELECT d.id, tag.id, 0 FROM d, tag").unwrap();
        let message =
            "the stored values of field `tags` of `d` cannot be kept: 1 of them would have to become records of `lk`";
        assert_eq!(refused(&world, &through()), message);
        assert_eq!(refused(&world, &tagged("labels", Some("tags"), Some("lk"))), message);

        world.script("DELETE FROM d__tags").unwrap();
        let (deployment, plan) = world.publish(&through()).unwrap();
        assert!(deployment.barrier, "nobody may add a link meanwhile");
        assert_eq!(plan.steps[0].what, "retire column `tags` of `d`: field `tags` is kept in records of `lk`");
        let both = [("d", Role::Value, Cell::Id(id(1))), ("tag", Role::Value, Cell::Id(id(2)))];
        world.add("lk", id(3), &both).unwrap();
        assert!(world.plan(&through()).unwrap().is_empty());
        assert!(world.plan(&tagged("labels", Some("tags"), Some("lk"))).unwrap().is_empty(), "a new name is no change");

        let message = "cannot be kept: 1 of them are records of `lk`";
        assert!(refused(&world, &links()).ends_with(message));
        assert!(refused(&world, &tagged("labels", Some("tags"), None)).ends_with(message));
        assert!(refused(&world, &tagged("tags", None, Some("other"))).ends_with(message));
        world.publish(&tagged("labels", None, None)).unwrap();
        world.publish(&through()).unwrap();
        world.script("UPDATE lk SET deleted_at = created_at").unwrap();
        world.publish(&links()).unwrap();
        assert!(world.plan(&links()).unwrap().is_empty());
    });
}

#[test]
fn a_former_name_that_cannot_be_followed_is_told() {
    let model = |fields: Vec<Spec>, was: &[(&str, &str)]| {
        let mut model = Builder::new().entity("d", fields).build();
        for (name, old) in was {
            let (d, at) = (model.entity("d").unwrap().0, field(&model, "d", name));
            model.entities[d.index()].fields[at.index()].was.push((*old).into());
        }
        model
    };
    on_each(|world| {
        world.publish(&model(vec![text("a"), text("b")], &[])).unwrap();
        let after = model(vec![text("a")], &[("a", "b")]);
        assert_eq!(world.plan(&after).unwrap().hazard(), Hazard::Safe, "there is nothing to lose");
        world.add("d", id(1), &[("a", Role::Value, Cell::text("1")), ("b", Role::Value, Cell::text("x"))]).unwrap();
        let plan = world.plan(&after).unwrap();
        assert_eq!(plan.hazard(), Hazard::Safe, "`b` stays until it is pruned");
        assert_eq!(plan.steps[0].what, "retire column `b` of `d`: `a` says that it was `b`, but is there itself");
        let note = plan.steps[0].note.as_deref().unwrap();
        assert!(note.contains("take `a` away, apply, and then rename `b`"), "{note}");

        // As the note says.
        world.publish(&model(vec![text("b")], &[])).unwrap();
        world.publish(&after).unwrap();
        assert_eq!(world.values("d", "a")[&id(1)][0], Cell::text("x"));
        assert!(world.plan(&after).unwrap().is_empty());
    });
}

#[test]
fn a_former_name_of_an_entity_that_cannot_be_followed_is_told() {
    let model = |names: &[&'static str]| {
        names.iter().fold(Builder::new(), |builder, name| builder.entity(name, [text("name")])).build()
    };
    on_each(|world| {
        world.publish(&model(&["p", "q"])).unwrap();
        world.add("p", id(1), &[]).unwrap();
        world.add("q", id(2), &[]).unwrap();
        let mut after = model(&["p"]);
        let (p, _) = after.entity("p").unwrap();
        after.entities[p.index()].was.push("q".into());
        let plan = world.plan(&after).unwrap();
        assert_eq!(plan.steps[0].what, "retire table `q`: `p` says that it was `q`, but is there itself");
        world.publish(&after).unwrap();
        assert_eq!(world.values("p", "name").keys().copied().collect::<Vec<_>>(), [id(1)]);
        assert!(world.plan(&after).unwrap().is_empty());
    });
}
