//! Who may ask: everybody, or whoever knows the token. And who may change something: whoever knows
//! the token, or comes by a way on which somebody else has asked who they are.
//!
//! That way is Home Assistant's ingress, when the bridge is an app there: Home Assistant lets only
//! its own users through, so they are not asked again. It is recognised by the address at the other
//! end of the connection, which no header can forge.
//!
//! The token is compared by its digest and in constant time, so how long the answer takes tells
//! nothing about it. A token that is right is let through before anything is counted: whoever
//! guesses at it delays nobody, not even at the same address. A token of [`LEAST_CHARACTERS`] is
//! beyond guessing at any speed; what the limit saves is the log and the work.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota, RateLimiter};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::Api;
use crate::client::Client;
use crate::problem::Problem;

/// Shorter tokens could be guessed.
pub const LEAST_CHARACTERS: usize = 16;
/// Wrong tokens of one address, in one minute and at once. A person who mistypes needs fewer.
const WRONG_TOKENS_A_MINUTE: NonZeroU32 = NonZeroU32::new(10).expect("ten is not zero");
/// So many addresses are remembered before those that have behaved for a minute are forgotten.
const ADDRESSES: usize = 1000;

/// What is asked of a client before it is answered.
#[derive(Debug, Clone, Default)]
pub struct Access {
    lock: Option<Arc<Lock>>,
    /// Who comes from here was asked before.
    doorkeeper: Option<IpAddr>,
}

#[derive(Debug)]
struct Lock {
    /// The token itself is not kept.
    digest: [u8; 32],
    wrong: DefaultKeyedRateLimiter<IpAddr>,
}

impl Access {
    /// Nothing is asked: everybody may read, nobody may change anything.
    pub fn open() -> Self {
        Self::default()
    }

    /// `Authorization: Bearer` with this token is asked for.
    pub fn with_token(token: &str) -> Self {
        let wrong = RateLimiter::keyed(Quota::per_minute(WRONG_TOKENS_A_MINUTE));
        let lock = Lock { digest: digest(token.as_bytes()), wrong };
        Self { lock: Some(Arc::new(lock)), doorkeeper: None }
    }

    /// The same, but who comes from this address is not asked for anything and may change things.
    #[must_use]
    pub fn with_doorkeeper(self, address: IpAddr) -> Self {
        Self { doorkeeper: Some(address), ..self }
    }

    /// Whether this client is asked for a token.
    pub fn asks(&self, client: Client) -> bool {
        self.lock.is_some() && !self.was_asked(client)
    }

    /// Whether anybody may change anything over HTTP.
    pub(crate) fn allows_changes(&self) -> bool {
        self.lock.is_some() || self.doorkeeper.is_some()
    }

    /// Whether this client may. With a token, whoever is let in at all.
    pub(crate) fn allows_changes_by(&self, client: Client) -> bool {
        self.lock.is_some() || self.was_asked(client)
    }

    fn was_asked(&self, client: Client) -> bool {
        self.doorkeeper == Some(client.0.to_canonical())
    }

    fn check(&self, headers: &HeaderMap, client: Client) -> Result<(), Problem> {
        let Some(lock) = &self.lock else { return Ok(()) };
        if self.was_asked(client) {
            return Ok(());
        }
        let Some(offered) = bearer(headers) else { return Err(Problem::TokenWanted) };
        if bool::from(digest(offered).ct_eq(&lock.digest)) {
            return Ok(());
        }
        if lock.wrong.len() > ADDRESSES {
            lock.wrong.retain_recent();
        }
        let address = client.address();
        match lock.wrong.check_key(&address) {
            Ok(()) => {
                tracing::warn!(%address, "a request with a wrong token");
                Err(Problem::TokenWrong)
            }
            Err(later) => {
                let wait = later.wait_time_from(DefaultClock::default().now());
                let seconds = wait.as_secs() + u64::from(wait > Duration::ZERO);
                Err(Problem::TooManyWrongTokens { seconds: u16::try_from(seconds).unwrap_or(60) })
            }
        }
    }
}

/// A layer around every route that a token closes.
pub(crate) async fn guard(
    State(api): State<Arc<Api>>,
    client: Client,
    request: Request,
    next: Next,
) -> Response {
    match api.access.check(request.headers(), client) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// A layer around every route that changes something, inside of [`guard`].
pub(crate) async fn guard_changes(
    State(api): State<Arc<Api>>,
    client: Client,
    request: Request,
    next: Next,
) -> Response {
    if api.access.allows_changes_by(client) {
        next.run(request).await
    } else {
        Problem::ChangesClosed.into_response()
    }
}

fn bearer(headers: &HeaderMap) -> Option<&[u8]> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (only, None) = (given.next()?, given.next()) else { return None };
    let (scheme, token) = only.as_bytes().split_at_checked("Bearer ".len())?;
    scheme.eq_ignore_ascii_case(b"Bearer ").then(|| token.trim_ascii())
}

fn digest(token: &[u8]) -> [u8; 32] {
    Sha256::digest(token).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    fn ask(access: &Access, from: u8, header: &str) -> Result<(), Problem> {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, header.parse().unwrap())]);
        access.check(&headers, Client(IpAddr::from([10, 0, 0, from])))
    }

    #[test]
    fn the_token_opens_and_nothing_else_does() {
        let access = Access::with_token(TOKEN);
        for right in ["Bearer 0123456789abcdef", "bearer  0123456789abcdef "] {
            assert_eq!(ask(&access, 1, right), Ok(()), "{right}");
        }
        for wrong in ["Bearer 0123456789abcdeF", "Bearer 0123456789abcde", "Bearer "] {
            assert_eq!(ask(&access, 1, wrong), Err(Problem::TokenWrong), "{wrong}");
        }
        for none in ["Basic 0123456789abcdef", "0123456789abcdef", "Bearer", ""] {
            assert_eq!(ask(&access, 1, none), Err(Problem::TokenWanted), "{none}");
        }
        let mut twice = HeaderMap::new();
        twice.append(AUTHORIZATION, "Bearer 0123456789abcdef".parse().unwrap());
        twice.append(AUTHORIZATION, "Bearer 0123456789abcdef".parse().unwrap());
        let client = Client(IpAddr::from([10, 0, 0, 1]));
        assert_eq!(access.check(&twice, client), Err(Problem::TokenWanted));
    }

    #[test]
    fn guesses_are_limited_by_address_and_delay_no_right_token() {
        let access = Access::with_token(TOKEN);
        for _ in 0..WRONG_TOKENS_A_MINUTE.get() {
            assert_eq!(ask(&access, 1, "Bearer guess"), Err(Problem::TokenWrong));
        }
        let refused = ask(&access, 1, "Bearer guess").unwrap_err();
        let Problem::TooManyWrongTokens { seconds } = refused else { panic!("{refused:?}") };
        assert!((1..=6).contains(&seconds), "{seconds}");
        assert_eq!(ask(&access, 2, "Bearer guess"), Err(Problem::TokenWrong));
        assert_eq!(ask(&access, 1, "Bearer 0123456789abcdef"), Ok(()));
    }

    #[test]
    fn nothing_shows_the_token() {
        assert!(!format!("{:?}", Access::with_token(TOKEN)).contains(TOKEN));
    }
}
