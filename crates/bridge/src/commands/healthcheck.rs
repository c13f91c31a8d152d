//! `hoymiles-smiles healthcheck`: asks the bridge on this machine for `/health`.
//!
//! For Docker's HEALTHCHECK, so that the image needs no curl. One request of HTTP/1.0 over a plain
//! socket is less than any client library would bring along.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use color_eyre::eyre::{Result, WrapErr, eyre};

use crate::config::Config;

const PATIENCE: Duration = Duration::from_secs(5);

#[expect(clippy::print_stdout, reason = "the answer of a command that a person runs")]
pub(crate) fn healthcheck(config: &Config) -> Result<ExitCode> {
    let web =
        config.web.as_ref().ok_or_else(|| eyre!("HEALTH_ENABLED is false: nothing listens"))?;
    let address = local(web.address);
    let answer =
        ask(address).wrap_err_with(|| format!("no answer from http://{address}/health"))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    println!("{body}");
    let status = head.split_whitespace().nth(1);
    Ok(if status == Some("200") { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn ask(address: SocketAddr) -> std::io::Result<String> {
    let mut stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(b"GET /health HTTP/1.0\r\n\r\n")?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
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
