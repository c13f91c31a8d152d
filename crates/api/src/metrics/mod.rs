//! What Prometheus reads.
//!
//! Two sources, one text:
//!
//! * [`Metrics`] holds what is counted over time: polls and requests.
//! * Everything else is computed at each scrape from the live plant (`live`). Nothing is set and
//!   forgotten, so no series can freeze: what is stale is simply not there.
//!
//! The text is the classic Prometheus format 0.0.4, which the Python bridge answered with and which
//! Prometheus, its forks and every simple parser read. OpenMetrics, the format of prometheus-client,
//! differs in what a counter's `# TYPE` line names: `hoymiles_queries`, not
//! `hoymiles_queries_total`. A parser of the classic format then finds a counter without samples and
//! samples without a type. So `ClassicCounter` registers under its whole name, and the text ends
//! without OpenMetrics' `# EOF`.

mod devices;
mod live;
mod sheet;

use std::fmt;
use std::time::Duration;

use axum::http::{Method, StatusCode};
use prometheus_client::encoding::text::encode_registry;
use prometheus_client::encoding::{EncodeLabelSet, EncodeMetric, MetricEncoder};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::{MetricType, TypedMetric};
use prometheus_client::registry::Registry;

use crate::Moment;

/// What the text is.
pub const MEDIA_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Seconds: the default buckets of the Python client, which users' queries are made for.
const BUCKETS_S: [f64; 14] =
    [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];

/// What is counted over time. One per program; the poller and the router count into it.
#[derive(Debug)]
pub struct Metrics {
    queries: Family<QueryLabels, ClassicCounter>,
    query_errors: Family<ErrorLabels, ClassicCounter>,
    query_seconds: Family<DtuLabels, Histogram, fn() -> Histogram>,
    request_seconds: Family<RequestLabels, Histogram, fn() -> Histogram>,
    registry: Registry,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct QueryLabels {
    dtu_name: String,
    status: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ErrorLabels {
    dtu_name: String,
    error_type: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct DtuLabels {
    dtu_name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status: u16,
}

/// A counter whose registered name already ends in `_total`.
#[derive(Debug, Clone, Default)]
struct ClassicCounter(Counter);

impl TypedMetric for ClassicCounter {
    const TYPE: MetricType = MetricType::Counter;
}

impl EncodeMetric for ClassicCounter {
    fn encode(&self, mut encoder: MetricEncoder) -> fmt::Result {
        // A counter's encoder would append `_total`; a gauge's writes the name as it is.
        encoder.encode_gauge(&self.0.get())
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let histogram: fn() -> Histogram = || Histogram::new(BUCKETS_S);
        let metrics = Self {
            queries: Family::default(),
            query_errors: Family::default(),
            query_seconds: Family::new_with_constructor(histogram),
            request_seconds: Family::new_with_constructor(histogram),
            registry: Registry::default(),
        };
        metrics.registered()
    }
}

impl Metrics {
    /// Nothing counted yet.
    pub fn new() -> Self {
        Self::default()
    }

    fn registered(mut self) -> Self {
        self.registry.register(
            "hoymiles_queries_total",
            "Polls of a DTU, by outcome",
            self.queries.clone(),
        );
        self.registry.register(
            "hoymiles_query_errors_total",
            "Polls of a DTU that failed, by cause",
            self.query_errors.clone(),
        );
        self.registry.register(
            "hoymiles_query_duration_seconds",
            "How long a poll of a DTU took, retries included",
            self.query_seconds.clone(),
        );
        self.registry.register(
            "hoymiles_http_request_duration_seconds",
            "How long an HTTP request took to answer",
            self.request_seconds.clone(),
        );
        self
    }

    /// Counts a poll that succeeded after so many seconds.
    pub fn query_succeeded(&self, dtu: &str, seconds: f64) {
        self.query_ended(dtu, "success", seconds);
    }

    /// Counts a poll that failed after so many seconds, all its retries used. `kind` is the label
    /// of the cause: [`plant::live::Failure::kind`].
    pub fn query_failed(&self, dtu: &str, seconds: f64, kind: &'static str) {
        self.query_ended(dtu, "error", seconds);
        let labels = ErrorLabels { dtu_name: dtu.to_owned(), error_type: kind };
        self.query_errors.get_or_create(&labels).0.inc();
    }

    fn query_ended(&self, dtu: &str, status: &'static str, seconds: f64) {
        let labels = QueryLabels { dtu_name: dtu.to_owned(), status };
        self.queries.get_or_create(&labels).0.inc();
        let labels = DtuLabels { dtu_name: dtu.to_owned() };
        self.query_seconds.get_or_create(&labels).observe(seconds);
    }

    /// Counts an answered request. The route is the pattern that matched, not the path: clients
    /// must not be able to make series.
    pub(crate) fn request_answered(
        &self,
        method: &Method,
        route: Option<&str>,
        status: StatusCode,
        took: Duration,
    ) {
        let labels = RequestLabels {
            method: known_method(method),
            route: route.unwrap_or("unmatched").to_owned(),
            status: status.as_u16(),
        };
        self.request_seconds.get_or_create(&labels).observe(took.as_secs_f64());
    }
}

/// A client may invent methods, but not series.
fn known_method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::OPTIONS => "OPTIONS",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        _ => "other",
    }
}

/// The whole text, of this moment.
pub fn render(counted: &Metrics, moment: Moment, version: &'static str) -> String {
    let mut scraped = Registry::default();
    scraped.register_collector(Box::new(live::Collected { moment, version }));
    let mut text = String::new();
    for registry in [&counted.registry, &scraped] {
        encode_registry(&mut text, registry).expect("writing to a String never fails");
    }
    text
}
