//! Which service, and the token for it.

use std::path::Path;

use anyhow::Context as _;
use private_files::Readers;
use secrecy::{ExposeSecret as _, SecretString};

use super::{AdminClient, ClientError, Http, ServiceUrl};
use crate::cli::service::ServiceArgs;
use crate::config::{Environment, Inputs, Loaded, Purpose, Settings, load};
use crate::dev::{RunFile, StateDir, refuse_beside_dev};

/// The longest file of a token, in bytes.
const LONGEST: usize = 64 * 1024;

impl AdminClient {
    /// A client of the service that the flags name, or else the environment; else of the one that runs in the dev
    /// profile's folder, or at the configured address on this host.
    ///
    /// # Errors
    /// When the configuration is wrong, or there is no token.
    pub(crate) fn find(inputs: &Inputs, args: &ServiceArgs) -> anyhow::Result<Self> {
        let Loaded { settings, profile } = load(inputs, Purpose::Client)?;
        let url = if let Some(url) = named(args, &inputs.environment)? {
            url
        } else {
            refuse_beside_dev(profile)?;
            local(&settings)?
        };
        let (token, whence) = match given(args, &inputs.environment)? {
            Some(given) => given,
            // What lies here is for the service here: another host is not told it.
            None if url.is_loopback() => lying_here(&settings)?,
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

fn local(settings: &Settings) -> anyhow::Result<ServiceUrl> {
    let running = state(settings)?
        .as_ref()
        .map(RunFile::read)
        .transpose()?
        .flatten();
    let address = running.map_or(Ok(settings.admin_plane.listen), |running| running.admin_address())?;
    Ok(ServiceUrl::local(address))
}

/// The dev profile's folder, if it is there. Looked at only where something in it decides.
fn state(settings: &Settings) -> anyhow::Result<Option<StateDir>> {
    let dev = settings.dev.as_ref();
    Ok(dev
        .map(|dev| StateDir::find(&dev.state_dir))
        .transpose()?
        .flatten())
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

fn lying_here(settings: &Settings) -> anyhow::Result<Found> {
    if let Some(token) = &settings.admin_plane.token {
        return Ok((token.clone(), "admin_plane.token in the configuration".to_owned()));
    }
    let state = state(settings)?.ok_or(ClientError::NoToken)?;
    let made = state.admin_token()?.ok_or(ClientError::NoToken)?;
    Ok((made, state.join("admin-token").display().to_string()))
}

fn read(file: &Path) -> anyhow::Result<Found> {
    let name = format!("{} (--token-file)", file.display());
    let text = private_files::read(file, Readers::Anyone, LONGEST).context("--token-file")?;
    // What is not UTF-8 reads as an empty one.
    let text = std::str::from_utf8(&text).unwrap_or_default();
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
