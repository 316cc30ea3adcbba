//! The stream of a running server that a command is about.

use super::{Target, Tls, tls_for};
use crate::{args, exit::Failure};

/// Where it is, and how to get there.
pub struct Remote {
    pub target: Target,
    pub tls: Option<Tls>,
}

impl Remote {
    pub fn new(args: &args::Remote) -> Result<Self, Failure> {
        let mut target = Target::parse(&args.url)?;
        target.token = target.token.or_else(|| args.token.clone());
        let tls = tls_for(&target, args.insecure)?;
        Ok(Self { target, tls })
    }
}
