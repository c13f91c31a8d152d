//! `/api/export` in Parquet: another reader finds in it what the CSV has.

use axum::body::Body;
use axum::http::Request;
use bytes::Bytes;
use http_body_util::BodyExt;
use jiff::{SignedDuration, Timestamp};
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::{Field, Row};
use plant::live::Timed;
use tower::ServiceExt;

use crate::export::{EXPORT, filled};
use crate::world::*;

/// A file as the CSV would have it, and how many groups of rows it has.
fn as_csv(file: Bytes) -> (String, usize) {
    let reader = SerializedFileReader::new(file).unwrap();
    let fields = reader.metadata().file_metadata().schema().get_fields();
    let names: Vec<_> = fields.iter().map(|field| field.name()).collect();
    let lines = reader.get_row_iter(None).unwrap().map(|row| line(&row.unwrap()));
    let text = [names.join(",")].into_iter().chain(lines).map(|line| line + "\n").collect();
    (text, reader.num_row_groups())
}

fn line(row: &Row) -> String {
    let cells = row.get_column_iter().map(|(_, cell)| match cell {
        Field::Null => String::new(),
        Field::TimestampMicros(at) => Timestamp::from_microsecond(*at).unwrap().to_string(),
        Field::Str(text) => text.clone(),
        Field::Int(number) => number.to_string(),
        Field::Long(number) => number.to_string(),
        Field::Float(number) => number.to_string(),
        other => panic!("{other:?}"),
    });
    cells.collect::<Vec<_>>().join(",")
}

async fn file(world: &World, query: &str) -> Bytes {
    let request = Request::get(format!("{EXPORT}?format=parquet{query}"))
        .header("accept-encoding", "gzip")
        .body(Body::empty())
        .unwrap();
    let response = world.router().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200);
    let headers = response.headers();
    assert_eq!(headers["content-type"], "application/vnd.apache.parquet");
    assert!(headers["content-disposition"].to_str().unwrap().ends_with(".parquet\""));
    assert!(!headers.contains_key("content-encoding"), "it is compressed already");
    response.into_body().collect().await.unwrap().to_bytes()
}

#[tokio::test]
async fn it_holds_what_the_csv_does() {
    let world = filled(50_001);
    let (text, groups) = as_csv(file(&world, "&to=2026-08-01").await);
    assert_eq!(groups, 2);
    assert!(text == world.get(&format!("{EXPORT}?to=2026-08-01")).await.text);

    let mut known = Timed { at: noon(), value: reading(SERIAL) };
    known.value.active_power_w = Some(612.5);
    let mut unknown = known.clone();
    unknown.at += SignedDuration::from_micros(1);
    unknown.value.grid_voltage_v = None;
    unknown.value.operating_status = None;
    *world.store().history.lock().unwrap() = vec![known, unknown];
    let range = "&table=inverters&to=2026-06-23";
    let (text, _) = as_csv(file(&world, range).await);
    assert_eq!(text.lines().count(), 3);
    assert_eq!(text, world.get(&format!("{EXPORT}?{}", &range[1..])).await.text);
}

#[tokio::test]
async fn an_empty_range_is_a_file_without_rows() {
    let (text, groups) = as_csv(file(&filled(1), "&to=2020-01-01").await);
    assert_eq!((text.lines().count(), groups), (1, 0));
}

#[tokio::test]
async fn a_file_that_was_cut_off_cannot_be_read() {
    let world = filled(50_001);
    *world.store().pages_left.lock().unwrap() = Some(23);
    let all = format!("{EXPORT}?format=parquet&to=2026-08-01");
    let request = Request::get(all).body(Body::empty()).unwrap();
    let mut body = world.router().oneshot(request).await.unwrap().into_body();
    let begun = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(body.collect().await.is_err());
    assert!(SerializedFileReader::new(begun).is_err());
}
