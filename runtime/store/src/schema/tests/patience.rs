//! Planning and migrating take as long as there are rows.

use std::sync::Arc;
use std::time::Duration;

use fichero_model::Id;
use fichero_model::fixture::{Builder, text};

use super::world::{World, at, on_each};
use crate::Options;
use crate::schema::deployment::{self, Pruning};
use crate::schema::{Error, Facts as _};

/// How many rows there are: three times joined with themselves they take longer than the limit on any machine.
const ROWS: u16 = 220;

#[test]
fn statements_of_plans_and_migrations_have_no_limit() {
    on_each(|world| {
        world.publish(&Builder::new().entity("deal", [text("name")]).build()).unwrap();
        for number in 0..ROWS {
            let mut id = [1; 16];
            id[..2].copy_from_slice(&number.to_be_bytes());
            world.add("deal", Id::from_bytes(id), &[]).unwrap();
        }
        world.script("ALTER TABLE deal RENAME TO deal_rows").unwrap();
        world
            .script(
                "CREATE VIEW deal AS SELECT * FROM deal_rows \
                 WHERE (SELECT count(*) FROM deal_rows AS a, deal_rows AS b, deal_rows AS c WHERE a.version < b.version + c.version) > 0",
            )
            .unwrap();

        let options = Options { statement_limit: Duration::from_millis(200), ..Options::new(world.database.url()) };
        let hurried = World::with(Arc::clone(&world.database), &options);
        let counted = hurried.write(|tx| tx.count("deal", "TRUE"));
        assert!(matches!(counted, Err(crate::Error::Timeout(_))), "{counted:?}");

        let without = Builder::new().build();
        let plan = hurried.plan(&without).unwrap();
        assert!(plan.steps.iter().any(|step| step.rows == Some(ROWS.into())), "{:#?}", plan.steps);
        hurried.publish(&without).unwrap();
        let pruned = hurried.write(|tx| deployment::prune_plan(tx, at(99)));
        assert!(pruned.is_ok_and(|plan| !plan.is_empty()));
        let asked = hurried.write(|tx| {
            deployment::prune(tx, &Pruning { before: at(99), consent: None, by: "test", at: at(99) }).map(drop)
        });
        assert!(matches!(asked, Err(Error::Consent(_))), "{asked:?}");
    });
}
