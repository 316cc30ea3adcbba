//! Who may do what.

use framewire_protocol::Role;
use http::{HeaderMap, header};
use std::{any::Any, fmt, future::Future, net::IpAddr, pin::Pin, sync::Arc};

/// What an [`Authenticator`] decides by. What there is none of is empty or `None`.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct AuthRequest {
    /// The token of the hello message, else of `Authorization: Bearer`, else of the query's `token`, else of the cookie
    /// [`AuthRequest::COOKIE`].
    pub token: Option<String>,
    /// The headers of the request, or of the request that became the WebSocket.
    pub headers: HeaderMap,
    /// Names and values of the cookies, in the order in which they came.
    pub cookies: Vec<(String, String)>,
    /// The path as the client wrote it, without the query.
    pub path: String,
    /// Names and values of the query, decoded.
    pub query: Vec<(String, String)>,
    /// The client's address; behind a trusted proxy, the one that the proxy names.
    pub remote: Option<IpAddr>,
    /// The hello message of a viewer, in JSON.
    pub hello: Option<String>,
    /// The stream that is asked for.
    pub stream: Option<String>,
}

/// Somebody who was let in.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct Principal {
    /// What they may do.
    pub role: Role,
    /// Who they are; it comes with each of their input events.
    pub name: Option<Arc<str>>,
    /// Anything else that the application wants to know of them.
    pub extra: Option<Arc<dyn Any + Send + Sync>>,
}

/// The answer of an [`Authenticator`], when it is there.
pub type Verdict<'a> = Pin<Box<dyn Future<Output = Option<Principal>> + Send + 'a>>;

/// Decides who is let in: viewers, readers of the side channel, users of further routes.
///
/// An async function or closure from [`AuthRequest`] to `Option<Principal>` is one. `None` refuses: a viewer is closed
/// with 4401, a request gets status 401. It is asked once per viewer and once per request; the answer has to come
/// within [`Limits::authentication`](crate::Limits::authentication).
pub trait Authenticator: Send + Sync + 'static {
    /// Decides about one request.
    fn authenticate(&self, request: AuthRequest) -> Verdict<'_>;

    /// The token that a link for the operator carries, where there is one.
    fn link_token(&self) -> Option<&str> {
        None
    }
}

/// Lets in who shows one of two tokens.
pub struct TokenAuth {
    control: Option<String>,
    view: Option<String>,
}

impl AuthRequest {
    /// The cookie in which a token may come.
    pub const COOKIE: &'static str = "framewire_token";

    /// The value of a cookie.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        self.cookies.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The first value of that name in the query.
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// The token of `Authorization: Bearer`.
    pub fn bearer(&self) -> Option<&str> {
        let value = self.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
    }

    /// Every token that the request shows.
    pub fn tokens(&self) -> impl Iterator<Item = &str> {
        let elsewhere = [self.bearer(), self.query("token"), self.cookie(Self::COOKIE)];
        self.token.as_deref().into_iter().chain(elsewhere.into_iter().flatten())
    }

    /// Takes what the headers and the query say; `hello_token` goes before.
    pub(crate) fn settle(mut self, hello_token: Option<String>) -> Self {
        self.cookies = cookies(&self.headers);
        self.token = hello_token;
        let first = self.tokens().next().map(str::to_owned);
        self.token = first;
        self
    }
}

impl Principal {
    /// Somebody without a name.
    pub fn new(role: Role) -> Self {
        Self { role, ..Self::default() }
    }

    /// The same with a name.
    #[must_use]
    pub fn named(self, name: impl Into<Arc<str>>) -> Self {
        Self { name: Some(name.into()), ..self }
    }
}

impl TokenAuth {
    /// One token for those who watch and control, and one for those who watch only. Without either, and with an empty
    /// one, nobody is let in by it.
    pub fn new(control: Option<String>, view: Option<String>) -> Self {
        Self { control, view }
    }

    /// A fresh token that cannot be guessed: 128 bits from the system's random source, in letters and digits.
    ///
    /// # Panics
    /// When the system has no random source.
    pub fn generate() -> String {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).expect("the system has a random source");
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    fn role(&self, token: &str) -> Option<Role> {
        let is = |expected: &Option<String>| expected.as_ref().is_some_and(|e| matches(token, e));
        // Both are compared whatever the first says, so that the time tells nothing.
        match (is(&self.control), is(&self.view)) {
            (true, _) => Some(Role::Control),
            (false, true) => Some(Role::View),
            (false, false) => None,
        }
    }
}

impl Authenticator for TokenAuth {
    fn authenticate(&self, request: AuthRequest) -> Verdict<'_> {
        let mut roles = request.tokens().filter_map(|token| self.role(token));
        // The strongest of the tokens counts: an old cookie does not weaken a fresh link.
        let role =
            roles.try_fold(None, |_, role| if role == Role::Control { Err(role) } else { Ok(Some(role)) });
        let role = role.unwrap_or_else(Some);
        Box::pin(std::future::ready(role.map(Principal::new)))
    }

    fn link_token(&self) -> Option<&str> {
        self.control.as_deref().or(self.view.as_deref())
    }
}

impl<F, Fut> Authenticator for F
where
    F: Fn(AuthRequest) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = Option<Principal>> + Send + 'static,
{
    fn authenticate(&self, request: AuthRequest) -> Verdict<'_> {
        Box::pin(self(request))
    }
}

impl fmt::Debug for Principal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Principal")
            .field("role", &self.role)
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for TokenAuth {
    /// Tokens stay out of logs.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenAuth").finish_non_exhaustive()
    }
}

/// Compares in a time that depends on the length of what was shown only.
fn matches(shown: &str, expected: &str) -> bool {
    let (shown, expected) = (shown.as_bytes(), expected.as_bytes());
    if expected.is_empty() {
        return false;
    }
    let differences = shown.iter().zip(expected.iter().cycle()).fold(0_u8, |all, (a, b)| all | (a ^ b));
    std::hint::black_box(differences) == 0 && shown.len() == expected.len()
}

fn cookies(headers: &HeaderMap) -> Vec<(String, String)> {
    let values = headers.get_all(header::COOKIE).into_iter().filter_map(|value| value.to_str().ok());
    let pairs = values.flat_map(|value| value.split(';')).filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().trim_matches('"').to_owned())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(headers: &[(&'static str, &str)], query: &[(&str, &str)], hello: Option<&str>) -> AuthRequest {
        let headers = headers.iter().map(|(n, v)| (n.parse().unwrap(), v.parse().unwrap())).collect();
        let query = query.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        AuthRequest { headers, query, ..AuthRequest::default() }.settle(hello.map(str::to_owned))
    }

    fn tokens(control: &str, view: &str) -> TokenAuth {
        TokenAuth::new(Some(control.to_owned()), Some(view.to_owned()))
    }

    async fn role(auth: &TokenAuth, request: AuthRequest) -> Option<Role> {
        auth.authenticate(request).await.map(|principal| principal.role)
    }

    #[tokio::test]
    async fn a_token_may_come_in_four_ways() {
        let auth = tokens("secret", "look");
        for (headers, query, hello) in [
            (&[][..], &[][..], Some("secret")),
            (&[("authorization", "Bearer secret")], &[], None),
            (&[], &[("token", "secret")], None),
            (&[("cookie", "a=b; framewire_token=secret; c=d")], &[], None),
            (&[("cookie", "framewire_token=look")], &[("token", "secret")], Some("stale")),
        ] {
            assert_eq!(role(&auth, request(headers, query, hello)).await, Some(Role::Control));
        }
        assert_eq!(role(&auth, request(&[], &[("token", "look")], None)).await, Some(Role::View));
    }

    #[tokio::test]
    async fn without_the_very_token_nobody_comes_in() {
        let auth = tokens("secret", "");
        for token in ["", "s", "secre", "secrett", "secretsecret", "Secret", "look"] {
            assert_eq!(role(&auth, request(&[], &[], Some(token))).await, None, "{token}");
        }
        assert_eq!(role(&auth, request(&[("authorization", "Basic secret")], &[], None)).await, None);
        assert_eq!(role(&tokens("", ""), request(&[], &[], Some(""))).await, None);
        assert_eq!(role(&TokenAuth::new(None, Some("v".into())), request(&[], &[], None)).await, None);
    }

    #[tokio::test]
    async fn a_closure_is_an_authenticator() {
        let hook = |request: AuthRequest| async move {
            (request.cookie("session") == Some("7")).then(|| Principal::new(Role::View).named("ada"))
        };
        let principal = hook.authenticate(request(&[("cookie", "session=\"7\"")], &[], None)).await.unwrap();
        assert_eq!((principal.role, principal.name.as_deref()), (Role::View, Some("ada")));
        assert!(hook.authenticate(request(&[], &[], None)).await.is_none());
    }

    #[test]
    fn generated_tokens_are_long_and_differ() {
        let (one, other) = (TokenAuth::generate(), TokenAuth::generate());
        assert!(one.len() == 32 && one != other && one.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn debug_output_shows_no_token() {
        assert!(!format!("{:?}", tokens("secret", "view")).contains("secret"));
    }
}
