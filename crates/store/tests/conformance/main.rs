//! What every store promises, once for each engine.

#![allow(clippy::unwrap_used, reason = "a test stops where its world breaks")]

mod devices;
mod energy;
mod events;
mod latest;
mod power;
mod readings;
mod upkeep;
#[path = "../world/mod.rs"]
mod world;

use plant::Serial;
use store::{HistoryQuery, Written};
use world::World;

/// Runs each promise on both engines.
macro_rules! promises {
    ($($part:ident: $($promise:ident)*;)*) => {
        mod postgres {
            $($(#[tokio::test] async fn $promise() {
                crate::$part::$promise(&crate::World::postgres().await).await;
            })*)*
        }
        mod sqlite {
            $($(#[tokio::test] async fn $promise() {
                crate::$part::$promise(&crate::World::sqlite().await).await;
            })*)*
        }
    };
}

promises! {
    readings:
        redelivery_changes_nothing
        a_batch_may_hold_one_key_twice
        one_row_per_inverter_and_port_and_poll
        what_is_absent_stays_null
        lifetime_counters_are_full_u32
        history_is_newest_first_within_bounds
        history_is_the_same_however_much_is_asked_for
        history_of_an_unknown_serial_is_empty
        sub_microsecond_times_are_one_key
        pages_go_on_where_the_last_one_ended
        buckets_hold_least_mean_and_greatest
    ;
    latest:
        latest_is_known_after_a_restart
        an_older_snapshot_is_stored_but_replaces_nothing
        a_reading_from_the_future_is_stored_but_is_not_the_latest
        a_clock_that_was_wrong_does_not_stay_the_newest
        two_dtus_keep_their_names
        an_inverter_that_moves_takes_the_name_of_its_new_dtu
    ;
    energy:
        every_watt_hour_is_booked_to_its_day
        books_do_not_depend_on_batches_repetition_or_restarts
        raw_counters_stay_as_they_were
        recomputation_equals_the_live_path
        recomputation_leaves_other_days_alone
        series_of_every_kind_add_up
        a_series_over_years_keeps_up_with_the_past
        lifetimes_of_the_past_are_those_of_then
        the_hours_of_days_with_23_and_25_add_up
    ;
    power:
        means_are_those_of_each_bucket
        power_of_inverters_is_kept_in_slots
        slots_depend_on_nothing_but_the_readings
        two_writers_share_a_slot
    ;
    events:
        an_event_is_told_twice_and_kept_once
        every_range_of_events_is_what_overlaps_it
        events_are_found_by_the_range_they_overlap
        what_has_not_ended_is_known_after_a_restart
        many_events_fit_into_one_write
        days_of_dtus_are_found
    ;
    devices:
        a_meter_and_a_hybrid_read_back_as_they_were
        the_ac_side_of_an_inverter_reads_back
        what_a_device_did_not_report_stays_null
        redelivery_of_devices_changes_nothing
        the_latest_of_each_device_is_known_after_a_restart
        a_device_that_moves_takes_the_name_of_its_new_dtu
        history_of_devices_is_newest_first_within_bounds
        a_device_from_the_future_is_stored_but_is_not_the_latest
        remembered_power_is_kept_beside_the_readings
        devices_are_no_part_of_the_books
        people_find_devices_in_views
    ;
    upkeep:
        configuration_is_kept_and_replaced
        metrics_are_idempotent_and_told_apart_by_dtu
        stats_are_exact
        preparing_twice_is_harmless
        two_bridges_prepare_one_empty_database
        two_bridges_write_the_same_readings
        a_restart_counts_on
        an_empty_write_adds_nothing
        a_database_of_a_newer_version_is_refused
    ;
}

/// The whole history of an inverter.
fn all(serial: Serial) -> HistoryQuery {
    HistoryQuery { serial, from: None, to: None, limit: 1000 }
}

fn written(inverter_rows: u64, port_rows: u64) -> Written {
    Written { inverter_rows, port_rows, ..Written::default() }
}
