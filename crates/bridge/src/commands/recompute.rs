//! `hoymiles-smiles recompute`: the energy of past days made anew from the raw readings.
//!
//! After readings came late (`quarantine replay`), after the time zone was changed, or for the
//! peace of mind that the same readings give the same energy. The bridge of this data directory is
//! stopped meanwhile: it goes on from accounts that it has in memory.

use std::ops::RangeInclusive;
use std::process::ExitCode;

use color_eyre::eyre::{Result, bail};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::config::Config;
use crate::data_dir::DataDir;
use crate::logging;
use crate::permanent::Permanent;

#[expect(clippy::print_stdout, reason = "the answer of a command that a person runs")]
pub(crate) fn recompute(config: &Config, days: RangeInclusive<Date>) -> Result<ExitCode> {
    if days.is_empty() {
        bail!("--from {} is after --to {}: no day lies between", days.start(), days.end());
    }
    logging::start(&config.log)?;
    super::block_on(async {
        let _claimed = DataDir::claim(&config.data_dir)?;
        let permanent = Permanent::of(config, "recompute")?;
        permanent.store().prepare().await?;
        let done = permanent.recompute(days.clone(), Timestamp::now()).await;
        permanent.store().close().await;
        let done = done?;
        println!(
            "{} readings of {} ports give {} port days from {} to {}.",
            done.readings,
            done.ports,
            done.port_days,
            days.start(),
            days.end()
        );
        Ok(ExitCode::SUCCESS)
    })
}
