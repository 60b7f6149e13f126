#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]
use fichero_definition::{Capabilities, Sources, StockPacks, compile};
use fichero_engine::deploy::{self, Definitions, Deployed, Order};
use fichero_engine::engine::Parts;
use fichero_engine::{Actor, Engine, Mode, Via, data, import, scenario};
use fichero_model::Model;
use fichero_model::clock::{SystemClock, SystemIds};
use fichero_model::label::Locale;
use fichero_store::scratch::Ground;
use fichero_store::{Db, Options};
use fichero_test_support::{Postgres, databases, scratch_dir};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

struct Stock(PathBuf);
fn walk(root: &Path, dir: &Path, out: &mut Vec<(String, Cow<'static, [u8]>)>) {
    let mut all: Vec<_> = std::fs::read_dir(dir).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    for path in all {
        if path.is_dir() {
            walk(root, &path, out);
            continue;
        }
        let local = path.strip_prefix(root).unwrap().to_string_lossy().into_owned();
        if local.ends_with(".yaml") || local.ends_with(".rhai") {
            let text = std::fs::read_to_string(&path)
                .unwrap()
                .replace(", has: [", ", shows: [")
                .replace("lacks: [", "hides: [");
            out.push((local, Cow::Owned(text.into_bytes())));
        }
    }
}
impl StockPacks for Stock {
    fn files(&self, pack: &str) -> Option<Vec<(String, Cow<'static, [u8]>)>> {
        let root = self.0.join(pack);
        let mut out = Vec::new();
        if !root.is_dir() {
            return None;
        }
        walk(&root, &root, &mut out);
        Some(out)
    }
    fn names(&self) -> Vec<String> {
        vec!["base".into(), "sales".into()]
    }
}

fn model(dir: &str) -> Arc<Model> {
    let main = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (sources, mut findings) = Sources::load(&main.join(dir), &Stock(main.join("definitions")));
    let (model, more) = compile(&sources, &Capabilities::default());
    findings.extend(more);
    let errors: Vec<String> =
        findings.iter().filter(|f| f.is_error()).map(|f| fichero_model::diagnostic::render(f, &sources)).collect();
    println!("{} errors", errors.len());
    println!("{}", errors.iter().take(40).cloned().collect::<Vec<_>>().join("\n"));
    Arc::new(model.expect("a model"))
}

fn grounds(folder: &Path) -> Vec<Ground> {
    let server = Postgres::shared().map(|server| Ground::Server(server.url().to_owned()));
    [Ground::Folder(folder.to_owned())].into_iter().chain(server).collect()
}

#[test]
fn scenarios() {
    let model = model("examples/crm-sales-opportunities");
    let folder = scratch_dir();
    for ground in grounds(folder.path()) {
        let start = Instant::now();
        let template = scenario::Template::new(
            ground,
            Arc::clone(&model),
            &SystemIds::new(),
            "2026-01-01T00:00:00Z".parse().unwrap(),
        )
        .unwrap();
        println!("template {:?}", start.elapsed());
        let start = Instant::now();
        let run =
            scenario::Run { model: &model, template: &template, pages: None, threads: 2, filter: None, ended: &|_| {} };
        let outcomes = scenario::run(&run);
        for o in outcomes.iter().filter(|o| o.failure.is_some()) {
            println!("{o}");
        }
        println!("{} in {:?}", scenario::summary(&outcomes), start.elapsed());
    }
}

fn engine(url: &str, model: Arc<Model>) -> Engine {
    let db = Db::open(&Options::new(url)).unwrap();
    deploy::install(&db).unwrap();
    let definitions = Definitions { model, files: Arc::new(BTreeMap::new()), hash: Arc::from("test") };
    let order = Order { base: 0, consent: None, by: "test".to_owned(), at: "2026-01-01T00:00:00Z".parse().unwrap() };
    let (deployment, _) = deploy::publish(&db, &definitions, &order).unwrap();
    let live = deploy::live(&db, &Deployed { deployment, definitions }).unwrap();
    Engine::new(Parts { db, live, clock: Arc::new(SystemClock), ids: Arc::new(SystemIds::new()), seal: [7; 32] })
}

#[test]
fn demo() {
    let model = model("examples/crm-sales-opportunities");
    for database in databases() {
        let engine = engine(database.url(), Arc::clone(&model));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            for which in [data::Which::Stock, data::Which::Demo, data::Which::Demo] {
                let start = Instant::now();
                let loaded = data::load(&engine, which).await.unwrap();
                println!(
                    "{which:?}: {} created {} updated {} findings in {:?}",
                    loaded.created,
                    loaded.updated,
                    loaded.findings.len(),
                    start.elapsed()
                );
                for f in loaded.findings.iter().take(10) {
                    println!("{} {}", f.place.as_ref().unwrap(), f.message);
                }
            }
        });
    }
}

#[test]
fn real() {
    let model = model("examples/crm-sales-opportunities");
    for database in databases() {
        let engine = engine(database.url(), Arc::clone(&model));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            data::load(&engine, data::Which::Stock).await.unwrap();
            for (mapping, file) in [
                ("crm_sales_accounts", "accounts"),
                ("crm_sales_subsidiaries", "accounts"),
                ("crm_sales_products", "products"),
                ("crm_sales_offices", "sales_teams"),
                ("crm_sales_teams", "sales_teams"),
                ("crm_sales_managers", "sales_teams"),
                ("crm_sales_team_leads", "sales_teams"),
                ("crm_sales_agents", "sales_teams"),
                ("crm_sales_pipeline", "sales_pipeline"),
                ("crm_sales_pipeline", "sales_pipeline"),
            ] {
                let mapping = model.mappings.iter().find(|m| &*m.name == mapping).unwrap();
                let request = import::Request {
                    actor: Actor { user: None, admin: true, locale: Locale::EN, via: Via::Command, cause: None },
                    entity: mapping.entity,
                    file: file.into(),
                    mapping: Some(mapping),
                    matching: None,
                    mode: Mode::Load,
                    dry_run: false,
                };
                let csv = std::fs::File::open(format!("{}/{file}.csv", std::env::var("TRY_DATA").unwrap())).unwrap();
                let mut rejects = Vec::new();
                let start = Instant::now();
                match import::run(&engine, request, csv, &mut rejects, |_| {}).await {
                    Ok(report) => println!("{} {:?} in {:?}", mapping.name, report, start.elapsed()),
                    Err(error) => println!("{} {error}", mapping.name),
                }
                println!("{}", String::from_utf8_lossy(&rejects).lines().take(6).collect::<Vec<_>>().join("\n"));
            }
        });
    }
}

#[test]
fn speed() {
    let dir = scratch_dir();
    std::fs::write(
        dir.path().join("workspace.yaml"),
        "workspace: test\ntitle: Test\nlocale: en\ntime_zone: UTC\ncurrency: EUR\n",
    )
    .unwrap();
    std::fs::write(dir.path().join("a.yaml"), "entity: sector\nfields:\n  name: {type: text, required: true}\n---\nentity: account\nfields:\n  name: {type: text, required: true}\n  code: {type: text, external: true}\n  sector: {type: ref, to: sector}\n  revenue: money\n  founded: integer\n  since: date\n").unwrap();
    let (sources, _) = Sources::load(dir.path(), &Stock(PathBuf::new()));
    let (model, findings) = compile(&sources, &Capabilities::default());
    let model = Arc::new(model.unwrap_or_else(|| panic!("{findings:?}")));
    let mut csv = "code,name,sector,revenue,founded,since\n".to_owned();
    for n in 0..50_000 {
        csv.push_str(&format!(
            "C{n},Account number {n},Mining,{}.50,{},2020-01-{:02}\n",
            n * 7,
            1900 + n % 100,
            1 + n % 28
        ));
    }
    for database in databases() {
        let engine = engine(database.url(), Arc::clone(&model));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(async {
            for (entity, csv, matching) in [
                ("sector", "name\nMining\n", None),
                ("account", csv.as_str(), Some(vec![])),
                ("account", csv.as_str(), None),
            ] {
                let entity = model.entity(entity).unwrap().0;
                let request = import::Request {
                    actor: Actor { user: None, admin: true, locale: Locale::EN, via: Via::Command, cause: None },
                    entity,
                    file: "x".into(),
                    mapping: None,
                    matching,
                    mode: Mode::Load,
                    dry_run: false,
                };
                let mut rejects = Vec::new();
                let start = Instant::now();
                let report = import::run(&engine, request, csv.as_bytes(), &mut rejects, |_| {}).await.unwrap();
                let rows = report.created + report.unchanged + report.updated;
                println!(
                    "{report:?} in {:?}: {} rows/s",
                    start.elapsed(),
                    (rows as f64 / start.elapsed().as_secs_f64()) as u64
                );
            }
        });
    }
}
