//! `hoymiles-smiles healthcheck`: asks the bridge on this machine for `/health`.
//!
//! For Docker's HEALTHCHECK, so that the image needs no curl.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::process::ExitCode;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr, eyre};

use crate::config::Config;
use crate::plain_http::ask;

const PATIENCE: Duration = Duration::from_secs(5);

#[expect(clippy::print_stdout, reason = "the answer of a command that a person runs")]
pub(crate) fn healthcheck(config: &Config) -> Result<ExitCode> {
    let web =
        config.web.as_ref().ok_or_else(|| eyre!("HEALTH_ENABLED is false: nothing listens"))?;
    let address = local(web.address);
    super::block_on(async {
        let answer = ask(address, "GET /health HTTP/1.0\r\n\r\n", PATIENCE)
            .await
            .wrap_err_with(|| format!("no answer from http://{address}/health"))?;
        println!("{}", answer.body);
        Ok(if answer.status == 200 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
    })
}

/// Where a server that listens on every address is reached from the same machine.
fn local(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}
