//! How fast it is. `make bench` runs everything and prints one table; `make bench ARGS="poll http"`
//! only these:
//!
//! | name | what is measured | beside |
//! |---|---|---|
//! | [`decode`](decode) | an answer of a DTU into quantities | a decoder written by hand for it |
//! | [`poll`](poll) | a poll of a DTU that takes 50 ms for each answer | one record per request |
//! | [`process`](process) | start and memory of the real program | a web server that does nothing |
//! | [`http`](http_load) | requests per second with nothing and much stored | the same server |
//! | [`drain`](drain) | a week's outbox into PostgreSQL | COPY of the same rows |
//! | [`growth`](growth), only when named | every route with 1 to 100 million readings stored | a server that does nothing, `SELECT 1`, the store alone |
//! | [`migrate`](migrate), only when named | a database of version 2 carried over | COPY of the same rows |
//! | [`soak`](soak), only when named | memory over a long run with random faults | the same process at first |
//!
//! Machines differ and are shared, so a figure alone says little. Each is measured in turns with
//! its reference, several times; the table shows the medians, and the ratio is what to compare.
//!
//! The program and the PostgreSQL server are real, as in the end-to-end tests.

#![allow(clippy::unwrap_used, reason = "a benchmark may fail loudly anywhere")]
#![allow(clippy::print_stdout, reason = "the table is what this is for")]

mod decode;
mod drain;
mod growth;
mod http_load;
mod load;
mod migrate;
mod poll;
mod process;
mod reference;
mod report;
mod soak;

use report::Report;

#[tokio::main]
async fn main() {
    // Cargo adds `--bench`.
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    if let [role, bytes] = arguments.as_slice()
        && role == reference::ROLE
    {
        return reference::serve(bytes.parse().unwrap()).await;
    }
    if arguments == ["load"] {
        return growth::load().await;
    }
    let wanted = |name: &str| arguments.is_empty() || arguments.iter().any(|given| given == name);

    let mut report = Report::default();
    if wanted("decode") {
        decode::measure(&mut report);
    }
    if wanted("poll") {
        poll::measure(&mut report).await;
    }
    if wanted("process") {
        process::measure(&mut report).await;
    }
    if wanted("http") {
        http_load::measure(&mut report).await;
    }
    if wanted("drain") {
        drain::measure(&mut report).await;
    }
    if arguments.iter().any(|given| given == "migrate") {
        migrate::measure(&mut report).await;
    }
    if arguments.iter().any(|given| given == "soak") {
        soak::measure(&mut report).await;
    }
    if arguments.iter().any(|given| given == "growth") {
        growth::measure().await;
    }
    if arguments != ["growth"] {
        report.print();
    }
}
