//! Which service, and the token for it.

use std::fs;
use std::path::Path;

use anyhow::Context as _;
use secrecy::{ExposeSecret as _, SecretString};

use super::{AdminClient, ClientError, Http, ServiceUrl};
use crate::cli::service::ServiceArgs;
use crate::config::{Environment, Inputs, Purpose, Settings, load};
use crate::dev::{RunFile, StateDir};

impl AdminClient {
    /// A client of the service that the flags name, or else the environment; else of the one that runs in the dev
    /// profile's folder, or at the configured address on this host.
    ///
    /// # Errors
    /// When the configuration is wrong, or there is no token.
    pub(crate) fn find(inputs: &Inputs, args: &ServiceArgs) -> anyhow::Result<Self> {
        let settings = load(inputs, Purpose::Client)?.settings;
        let state = settings
            .dev
            .as_ref()
            .and_then(|dev| StateDir::find(&dev.state_dir));
        let url = match named(args, &inputs.environment)? {
            Some(url) => url,
            None => local(&settings, state.as_ref())?,
        };
        let (token, whence) = match given(args, &inputs.environment)? {
            Some(given) => given,
            // What lies here is for the service here: another host is not told it.
            None if url.is_loopback() => lying_here(&settings, state.as_ref())?,
            None => return Err(ClientError::NoToken.into()),
        };
        Ok(Self {
            http: Http::new(token, args.request_timeout),
            url,
            token_from: whence,
        })
    }
}

/// A token, and what a person may look at who is told that it is not accepted.
type Found = (SecretString, String);

fn named(args: &ServiceArgs, environment: &Environment) -> Result<Option<ServiceUrl>, ClientError> {
    if args.url.is_some() {
        return Ok(args.url.clone());
    }
    let parse = |text: &str| {
        text.parse()
            .map_err(|wrong| ClientError::Usage(format!("TENANTRY_ADMIN_URL {wrong}")))
    };
    environment.admin_url().map(parse).transpose()
}

fn local(settings: &Settings, state: Option<&StateDir>) -> anyhow::Result<ServiceUrl> {
    let running = state.map(RunFile::read).transpose()?.flatten();
    let address = running.map_or(settings.admin_plane.listen, |running| running.admin_plane);
    Ok(ServiceUrl::local(address))
}

fn given(args: &ServiceArgs, environment: &Environment) -> anyhow::Result<Option<Found>> {
    if let Some(file) = &args.token_file {
        return Ok(Some(read(file)?));
    }
    let token = environment.admin_token();
    Ok(token
        .map(|token| checked(token, "TENANTRY_ADMIN_TOKEN".to_owned()))
        .transpose()?)
}

fn lying_here(settings: &Settings, state: Option<&StateDir>) -> anyhow::Result<Found> {
    if let Some(token) = &settings.admin_plane.token {
        return Ok((token.clone(), "admin_plane.token in the configuration".to_owned()));
    }
    let state = state.ok_or(ClientError::NoToken)?;
    let made = state.admin_token()?.ok_or(ClientError::NoToken)?;
    Ok((made, state.join("admin-token").display().to_string()))
}

fn read(file: &Path) -> anyhow::Result<Found> {
    let name = format!("{} (--token-file)", file.display());
    let text = fs::read_to_string(file).with_context(|| format!("cannot read {name}"))?;
    Ok(checked(text.trim_end().to_owned().into(), name)?)
}

fn checked(token: SecretString, whence: String) -> Result<Found, ClientError> {
    let text = token.expose_secret();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        Ok((token, whence))
    } else {
        Err(ClientError::NotAToken(format!("what {whence} holds")))
    }
}
