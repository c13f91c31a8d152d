//! `hoymiles-smiles run`: the bridge.

use std::process::ExitCode;

use color_eyre::eyre::Result;

use crate::app::App;
use crate::config::Config;
use crate::{logging, shutdown};

pub(crate) fn run(config: Config) -> Result<ExitCode> {
    logging::start(&config.log)?;
    super::block_on(async {
        let signal = shutdown::on_signal()?;
        for notice in &config.notices {
            tracing::warn!("{notice}");
        }
        if config.dtus.is_empty() {
            tracing::warn!("{}, and the page of the bridge shows what to do", super::NO_DTU);
        }
        let app = App::start(config, false).await?;
        signal.cancelled().await;
        app.stop().await?;
        Ok(ExitCode::SUCCESS)
    })
}
