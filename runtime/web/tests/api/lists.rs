//! Filters, sums, the forms of values.

use serde_json::json;

use crate::world::{Program, World, on_each};

async fn names(program: &Program, query: &str) -> Vec<String> {
    let answer = program.get(&format!("/api/thing?sort=name&{query}")).await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.json);
    answer.json["items"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

async fn three(world: &World) -> Program {
    let boss = world.admin().await;
    for body in [
        json!({"name": "A", "price": "12.5", "weight": "1.500", "colors": ["red"], "code": 5}),
        json!({"name": "B", "price": "12.50", "weight": "2", "colors": ["red", "green"]}),
        json!({"name": "C", "price": 3, "weight": 0.1}),
    ] {
        boss.create("thing", body).await;
    }
    boss
}

#[test]
fn fields_are_filtered_by_what_they_hold() {
    on_each(async |world: &World| {
        let boss = three(world).await;
        assert_eq!(names(&boss, "price=12.50").await, ["A", "B"]);
        assert_eq!(names(&boss, "weight=1.5").await, ["A"]);
        assert_eq!(names(&boss, "colors=green").await, ["B"]);
        assert_eq!(names(&boss, "colors=red").await, ["A", "B"]);
        assert_eq!(names(&boss, "colors=").await, ["C"], "those without any");
        assert_eq!(names(&boss, "boxes=").await, ["A", "B", "C"]);
        assert_eq!(names(&boss, "code=").await, ["B", "C"]);
        for (body, found) in [
            (json!({"price": 12.5}), 2),
            (json!({"weight": 0.1}), 1),
            (json!({"weight": "2.000"}), 1),
            (json!({"colors": "red"}), 2),
            (json!({"code": 5}), 1),
            (json!({"code": null}), 2),
        ] {
            let items = boss.post("/api/thing/query", body.clone()).await.json["items"].clone();
            assert_eq!(items.as_array().unwrap().len(), found, "{body}");
        }
        for filter in ["at=%0C", "at=%20", "code=%205", "price=12.50%20", "weight=%091.5", "colors=red%20"] {
            for path in ["/api/thing", "/api/thing/export"] {
                let answer = boss.get(&format!("{path}?{filter}")).await;
                assert_eq!(answer.status, 400, "{path}?{filter}: blanks are no value, and part of none");
            }
        }
        for query in [
            "thing?fields=%0D",
            "thing?fields=name,,price",
            "thing?sort=%20",
            "thing?expand=,",
            "thing/export?fields=%0D",
            "thing/aggregate?group=%0D",
            "thing/aggregate?measures=%09",
        ] {
            let answer = boss.get(&format!("/api/{query}")).await;
            assert_eq!(answer.status, 400, "{query}: a blank is no name");
        }
        assert_eq!(names(&boss, "fields=name,%20price").await, ["A", "B", "C"], "blanks may stand beside names");
        assert_eq!(names(&boss, "fields=&expand=").await, ["A", "B", "C"], "nothing is asked for");
        assert_eq!(names(&boss, "name=%20").await, Vec::<String>::new(), "of a text they are");
        for sort in ["extra", "parts", "colors", "nothing", "name)", "-"] {
            let answer = boss.get(&format!("/api/thing?sort={sort}")).await;
            assert_eq!((answer.status, answer.text("code")), (400, "bad_sort".to_owned()), "{sort}");
        }
    });
}

#[test]
fn sums_are_written_as_records_write_numbers() {
    on_each(async |world: &World| {
        let boss = three(world).await;
        let path = "/api/thing/aggregate?measures=sum(price),weight:sum(weight),min(weight),n:count()";
        let answer = boss.get(path).await;
        let item = &answer.json["items"][0];
        assert_eq!(item["sum(price)"], "28.00", "{}", answer.json);
        assert_eq!((&item["weight"], &item["min(weight)"], &item["n"]), (&json!("3.600"), &json!("0.100"), &json!(3)));
        let grouped = boss.get("/api/thing/aggregate?group=weight&measures=count()").await;
        assert_eq!(grouped.json["items"][0]["weight"], "0.100");
        for (query, code) in [
            ("measures=sum(name)", "bad_measure"),
            ("measures=avg(sku)", "bad_measure"),
            ("measures=min(name)", "bad_measure"),
            ("measures=max(box_state)", "bad_measure"),
            ("measures=min(box)", "bad_measure"),
            ("measures=sum(price),sum(price)", "malformed"),
            ("measures=n:count(),n:sum(price)", "malformed"),
            ("group=name&measures=name:count()", "malformed"),
        ] {
            let answer = boss.get(&format!("/api/thing/aggregate?{query}")).await;
            assert_eq!((answer.status, answer.text("code")), (400, code.to_owned()), "{query}");
        }
    });
}

#[test]
fn structured_data_is_the_same_on_both_databases() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let body = r#"{"name": "A", "extra": {"zebra": 1, "b": {"yy": 1, "x": 2}, "aa": [{"d": 1, "c": 2}]}}"#;
        let made = boss.ask_with("POST", "/api/thing", &[], body).await;
        let written = r#"{"aa":[{"c":2,"d":1}],"b":{"x":2,"yy":1},"zebra":1}"#;
        assert_eq!(made.json["extra"].to_string(), written);
        let numbers = r#"{"name": "N", "extra": {"y": -0.0, "b": 1e16, "deep": [1.7976931348623157e308, 1e20, 0.15838287025480557]}}"#;
        let made_of_numbers = boss.ask_with("POST", "/api/thing", &[], numbers).await;
        let path = format!("/api/thing/{}", made_of_numbers.text("id"));
        let kept = r#"{"b":10000000000000000,"deep":[1.7976931348623157e+308,1e+20,0.15838287025480557],"y":0.0}"#;
        assert_eq!(boss.get(&path).await.json["extra"].to_string(), kept);
        let history = boss.get(&format!("{path}/history")).await;
        assert_eq!(history.json["items"][0]["changes"]["extra"][1].to_string(), kept);
        assert_eq!(boss.ask_with("DELETE", &path, &[], "").await.status, 204);
        let read = boss.get(&format!("/api/thing/{}?fields=extra,price_currency", made.text("id"))).await;
        assert_eq!(read.json["extra"].to_string(), written);
        assert!(
            read.json.get("price_currency").is_some(),
            "members of money are asked for by their names: {}",
            read.json
        );
    });
}

#[test]
fn measures_say_why_they_are_none() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        for (measure, why) in [
            ("sum(name)", "only numbers, money and durations have a sum"),
            ("min(name)", "have a least and a greatest value"),
            ("nonsense", "write count(), or sum"),
        ] {
            let told = boss.get(&format!("/api/thing/aggregate?measures={measure}")).await;
            assert!(told.told().0 == 400 && told.told().1.contains(why), "{measure}: {:?}", told.told());
        }
        assert_eq!(boss.get("/api/thing/aggregate?measures=min(at),max(price)").await.status, 200);
    });
}

#[test]
fn what_is_worked_out_is_filtered_by_too() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let big = boss.create("box", json!({"name": "Big", "worth": "9.5", "heavy": true, "state": "shut"})).await;
        let small = boss.create("box", json!({"name": "Small"})).await;
        for body in [
            json!({"name": "A", "price": "5", "box": big}),
            json!({"name": "B", "price": "7", "box": small}),
            json!({"name": "C"}),
        ] {
            boss.create("thing", body).await;
        }
        for (query, found) in [
            ("box_name=Big", vec!["A"]),
            ("box_name=", vec!["C"]),
            ("box_state=shut", vec!["A"]),
            ("box_state=open", vec!["B"]),
            ("box_heavy=true", vec!["A"]),
            ("box_heavy=false", vec!["B", "C"]),
            ("box_worth=9.50", vec!["A"]),
            ("box_worth=", vec!["B", "C"]),
            ("price_currency=EUR", vec!["A", "B"]),
            ("price_currency=USD", vec![]),
            ("price_currency=", vec!["C"]),
            ("price_base=7.00", vec!["B"]),
            ("price_base=", vec!["C"]),
            ("price_currency=EUR&box_name=Big&price=5", vec!["A"]),
        ] {
            assert_eq!(names(&boss, query).await, found, "{query}");
        }
        let asked = json!({"box_state": "shut", "price_currency": "EUR", "price_base": 5});
        assert_eq!(boss.post("/api/thing/query", asked).await.json["items"][0]["name"], "A");
        let groups = boss.get("/api/thing/aggregate?group=box_state&price_currency=EUR&box_name=Big").await;
        assert_eq!(groups.json["items"], json!([{"box_state": "shut", "count()": 1}]));
        for (query, told) in [
            ("box_state=nope", "is not one of the options"),
            ("price_currency=euro", "must be a currency code"),
            ("price_base=x", "must be a number"),
            ("extra=1", "“extra” cannot be compared with a value"),
            ("parts=1", "“parts” cannot be compared with a value"),
        ] {
            let refused = boss.get(&format!("/api/thing?{query}")).await;
            assert!(refused.status == 400 && refused.told().1.contains(told), "{query}: {:?}", refused.told());
        }
    });
}

#[test]
fn a_reference_named_often_is_expanded_once() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let made = boss.ask_with("POST", "/api/thing", &[], r#"{"name": "A", "parts": [{"name": "One"}]}"#).await;
        let often = ["created_by", "updated_by", "box", "boxes", "parts"].repeat(3).join(",");
        for path in [format!("/api/thing/{}", made.text("id")), "/api/thing".to_owned()] {
            let read = boss.get(&format!("{path}?expand={often}")).await;
            assert_eq!(read.status, 200, "{:?}", read.told());
            let thing = if read.json["items"].is_array() { &read.json["items"][0] } else { &read.json };
            assert_eq!((&thing["created_by"]["login"], &thing["parts"][0]["name"]), (&json!("boss"), &json!("One")));
        }
        let refused = boss.get("/api/thing?expand=box,name").await;
        let (status, why) = refused.told();
        assert!(status == 400 && why.contains("name"), "{why}");
    });
}

#[test]
fn an_option_is_chosen_once_however_often_it_is_named() {
    on_each(async |world: &World| {
        let boss = world.admin().await;
        let body = json!({"name": "A\r\nB", "colors": ["green", "red", "Green", "green"]});
        let made = boss.post("/api/thing", body).await;
        assert_eq!(made.json["colors"], json!(["green", "red"]));
        assert_eq!(made.json["name"], "A B", "a text of one line has none behind it");
        let path = format!("/api/thing/{}", made.text("id"));
        let changed = boss.ask("PATCH", &path, json!({"colors": ["red", "red"]})).await;
        assert_eq!(changed.json["colors"], json!(["red"]));
    });
}

#[test]
fn a_list_is_sent_as_a_file() {
    on_each(async |world: &World| {
        let boss = three(world).await;
        let file = boss.get("/api/thing/export?where=price%3E5&sort=-name&fields=name,price").await;
        assert_eq!((file.status, file.header("content-type")), (200, "text/csv; charset=utf-8; header=present"));
        assert_eq!(file.header("content-disposition"), "attachment; filename=\"thing.csv\"");
        assert_eq!(file.body, "name,price,price_currency\r\nB,12.50,EUR\r\nA,12.50,EUR\r\n");
        let lines = boss.get("/api/thing/export?format=jsonl&name=C").await;
        let listed = boss.get("/api/thing?name=C").await.json["items"][0].clone();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&lines.body).unwrap(), listed);
        let book = boss.get("/api/thing/export?format=xlsx&_where=false").await;
        assert!(book.body.starts_with("PK"));
        for (query, status) in
            [("format=pdf", 400), ("limit=3", 400), ("where=nothing", 400), ("fields=naem", 400), ("sort=-", 400)]
        {
            let answer = boss.get(&format!("/api/thing/export?{query}")).await;
            assert_eq!((answer.status, answer.header("content-type")), (status, "application/problem+json"), "{query}");
        }
        assert_eq!(world.stranger().get("/api/thing/export").await.status, 401);
        assert_eq!(boss.get("/api/thng/export").await.status, 404);
    });
}
