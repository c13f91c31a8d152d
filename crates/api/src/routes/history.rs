//! `/api/inverters/{serial}/history`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::{OriginalUri, Path, State};
use axum::http::header::{CONTENT_TYPE, LINK};
use axum::http::{HeaderValue, Uri};
use axum::response::{IntoResponse, Response};
use jiff::{SignedDuration, Timestamp};
use plant::Serial;
use plant::energy::Calendar;
use store::{BucketQuery, EnergyQuery, Grouping, HistoryQuery, Resolution, Store};

use super::from_store;
use crate::problem::{CommonProblems, InverterProblems, Problem, StoreProblems};
use crate::query::history::{BucketLength, Cursor, Format, HistoryParameters};
use crate::view::{HistoryAnswer, HistoryBucket, HistoryEntry};
use crate::{Api, Moment, csv};

/// What one inverter or port showed, newest first
///
/// Readings as they were recorded, one per poll, or their least, mean and greatest values in
/// buckets. When there is more, the answer has a `Link` header with `rel="next"`.
#[utoipa::path(
    get,
    path = "/api/inverters/{serial}/history",
    tag = "plant",
    params(
        ("serial" = String, Path, description = "Serial number of the inverter", example = "116100000001"),
        HistoryParameters
    ),
    responses(
        (
            status = 200,
            description = "Newest first",
            headers(("Link" = String, description = "With rel=\"next\": where there is more")),
            content(
                (HistoryAnswer = "application/json"),
                (String = "text/csv; charset=utf-8")
            )
        ),
        InverterProblems,
        StoreProblems,
        CommonProblems
    )
)]
pub async fn history(
    State(api): State<Arc<Api>>,
    Path(written): Path<String>,
    OriginalUri(uri): OriginalUri,
    parameters: HistoryParameters,
    moment: Moment,
) -> Result<Response, Problem> {
    let serial: Serial = written.parse().map_err(|_| Problem::unknown_inverter(&written))?;
    let store = &**api.store.as_ref().ok_or(Problem::NothingStored)?;
    let page = match parameters.bucket {
        None => readings(store, serial, &parameters).await?,
        Some(length) => buckets(store, serial, length, &parameters, &moment).await?,
    };
    // The store may know an inverter that the live plant does not: one that is gone since.
    if page.is_empty && !moment.plant.inverters.contains_key(&serial) {
        return Err(moment.unknown_inverter(&written));
    }
    let mut response = match parameters.format {
        Format::Json => Json(page.answer).into_response(),
        Format::Csv => {
            ([(CONTENT_TYPE, csv::MEDIA_TYPE)], csv::history(&page.answer)).into_response()
        }
    };
    if let Some(link) = page.more_before.and_then(|before| next(&uri, Cursor(before))) {
        response.headers_mut().insert(LINK, link);
    }
    Ok(response)
}

/// A part of a history.
struct Page {
    answer: HistoryAnswer,
    is_empty: bool,
    /// There may be more before this instant.
    more_before: Option<Timestamp>,
}

async fn readings(
    store: &dyn Store,
    serial: Serial,
    parameters: &HistoryParameters,
) -> Result<Page, Problem> {
    let HistoryParameters { limit, from, port, .. } = *parameters;
    let query = HistoryQuery { serial, from, to: parameters.end(), limit };
    let (answer, count, oldest) = match port {
        None => {
            let found = from_store(store.history(&query)).await?;
            let (count, oldest) = (found.len(), found.last().map(|timed| timed.at));
            let entries = found.into_iter().map(HistoryEntry::from).collect();
            (HistoryAnswer::Inverter(entries), count, oldest)
        }
        Some(port) => {
            let found = from_store(store.port_history(&query, port)).await?;
            let (count, oldest) = (found.len(), found.last().map(|timed| timed.at));
            (HistoryAnswer::Port(found.into_iter().map(Into::into).collect()), count, oldest)
        }
    };
    let more_before = oldest.filter(|_| count == limit as usize);
    Ok(Page { answer, is_empty: count == 0, more_before })
}

async fn buckets(
    store: &dyn Store,
    serial: Serial,
    length: BucketLength,
    parameters: &HistoryParameters,
    moment: &Moment,
) -> Result<Page, Problem> {
    let port = parameters.port;
    let calendar = &moment.plant.calendar;
    let known = moment.plant.inverters.get(&serial);
    let first_seen = known.map_or(moment.now, |inverter| inverter.first_seen);
    let from = parameters.from.unwrap_or(first_seen).max(first_seen);
    let to = parameters.end().unwrap_or(moment.now).min(moment.now);
    let spans = spans(calendar, length, (from, to), parameters.limit as usize);
    let Some((&(_, newest), &(oldest, _))) = spans.first().zip(spans.last()) else {
        return Ok(Page {
            answer: HistoryAnswer::Buckets(Vec::new()),
            is_empty: true,
            more_before: None,
        });
    };
    let resolution = match length {
        BucketLength::Minutes(_) => None,
        BucketLength::Hour => Some(Resolution::Hour),
        BucketLength::Day => Some(Resolution::Day),
    };
    let by = if port.is_some() { Grouping::Port } else { Grouping::Inverter };
    let energy = resolution.map(|resolution| EnergyQuery {
        from: oldest,
        to: newest,
        resolution,
        by,
        serial: Some(serial),
        port,
    });
    let query = BucketQuery { serial, port, spans };
    let (found, made) = from_store(async {
        let made = async {
            match &energy {
                None => Ok(Vec::new()),
                Some(energy) => store.energy(energy).await,
            }
        };
        tokio::try_join!(store.buckets(&query), made)
    })
    .await?;
    let made: BTreeMap<Timestamp, u64> = made
        .iter()
        .flat_map(|series| &series.points)
        .map(|point| (point.start, point.energy_wh))
        .collect();
    let buckets: Vec<HistoryBucket> = found
        .iter()
        .map(|bucket| {
            let energy_wh = energy.map(|_| made.get(&bucket.start).copied().unwrap_or(0));
            HistoryBucket::of((serial, port), bucket, energy_wh)
        })
        .collect();
    let more_before = (oldest > from).then_some(oldest);
    Ok(Page { is_empty: buckets.is_empty(), answer: HistoryAnswer::Buckets(buckets), more_before })
}

/// The buckets that overlap a range, newest first, whole.
fn spans(
    calendar: &Calendar,
    length: BucketLength,
    (from, to): (Timestamp, Timestamp),
    limit: usize,
) -> Vec<(Timestamp, Timestamp)> {
    let mut spans = Vec::new();
    let mut before = to;
    while before > from && spans.len() < limit {
        let last = before - SignedDuration::from_nanos(1);
        let (start, end) = match length {
            BucketLength::Minutes(minutes) => {
                let hour = calendar.hour(last);
                let number = last.duration_since(hour).as_mins() / i64::from(minutes);
                let start = hour + SignedDuration::from_mins(number * i64::from(minutes));
                (start, start + SignedDuration::from_mins(i64::from(minutes)))
            }
            BucketLength::Hour => {
                let start = calendar.hour(last);
                (start, calendar.end_of_hour(start))
            }
            BucketLength::Day => {
                let day = calendar.day(last);
                (calendar.start(day), calendar.end(day))
            }
        };
        spans.push((start, end));
        before = start;
    }
    spans
}

/// The header that leads to the next page: the same question with another cursor.
fn next(uri: &Uri, cursor: Cursor) -> Option<HeaderValue> {
    let asked = uri.query().unwrap_or_default().split('&');
    let kept = asked.filter(|pair| !pair.is_empty() && !pair.starts_with("cursor="));
    let query: Vec<&str> = kept.collect();
    let (path, word) = (uri.path(), cursor.word());
    let joint = if query.is_empty() { "" } else { "&" };
    let link = format!("<{path}?{}{joint}cursor={word}>; rel=\"next\"", query.join("&"));
    HeaderValue::from_str(&link).ok()
}
