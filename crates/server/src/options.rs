use crate::{Authenticator, Error, Limits, Origin, origin::OriginRule};
use axum::Router;
use std::{fmt, sync::Arc};

/// How streams are offered: who is let in, from which pages, and how much.
#[derive(Clone, Default)]
pub struct RouterOptions {
    pub(crate) auth: Option<Arc<dyn Authenticator>>,
    pub(crate) origins: OriginRule,
    pub(crate) trust_proxy: bool,
    pub(crate) limits: Limits,
    pub(crate) routes: Option<Router>,
    /// Only hosts that nobody else can point here.
    pub(crate) local_hosts_only: bool,
}

impl RouterOptions {
    /// Everybody is let in, from pages of the same origin, within the default limits.
    pub fn new() -> Self {
        Self::default()
    }

    /// Asks this about every viewer and every request but those for the page, its assets and `/health`.
    #[must_use]
    pub fn auth(self, auth: impl Authenticator) -> Self {
        Self { auth: Some(Arc::new(auth)), ..self }
    }

    /// Lets pages of another origin connect, such as `https://example.org`.
    ///
    /// # Errors
    /// When the text is no origin.
    pub fn allow_origin(mut self, origin: &str) -> Result<Self, Error> {
        self.origins.allow(origin.parse::<Origin>()?);
        Ok(self)
    }

    /// Believes the headers by which a reverse proxy tells address, host and scheme of the client (`Forwarded`,
    /// `X-Forwarded-For`, `-Host`, `-Proto`). Only for servers that nobody can reach but through the proxy.
    #[must_use]
    pub fn trust_proxy(self, trust: bool) -> Self {
        Self { trust_proxy: trust, ..self }
    }

    /// What others may take of the server.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Further routes behind the same guard: the authenticator and the rule for origins apply, requests that change
    /// something have to be JSON and come from somebody in the role [`Control`](framewire_protocol::Role::Control), and
    /// handlers find the [`Principal`](crate::Principal) among the request's extensions. A WebSocket upgrade always
    /// goes to a stream.
    #[must_use]
    pub fn routes(mut self, routes: Router) -> Self {
        self.routes = Some(self.routes.take().unwrap_or_default().merge(routes));
        self
    }
}

impl fmt::Debug for RouterOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RouterOptions")
            .field("auth", &self.auth.is_some())
            .field("origins", &self.origins)
            .field("trust_proxy", &self.trust_proxy)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}
