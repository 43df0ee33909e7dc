//! The options for the watershed, made from the library's list of settings.

use std::ffi::OsString;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, Error, FromArgMatches};
use nucleoscope::nuclei::{SETTINGS, Setting, SettingKind, WatershedSettings};

use crate::fault::Fault;
use crate::table;

/// Watershed settings, with one option for each entry of [`SETTINGS`].
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct WatershedOptions(pub(crate) WatershedSettings);

/// Whether the setting is a switch that is on by default; its option turns it off.
fn is_turned_off(setting: &Setting) -> bool {
    setting.kind == SettingKind::Switch && setting.default == 1.0
}

fn option_name(setting: &Setting) -> String {
    let prefix = if is_turned_off(setting) { "no-" } else { "" };
    format!("{prefix}{}", setting.option())
}

fn help(setting: &Setting) -> String {
    let Setting { help, default, minimum, maximum, .. } = setting;
    match setting.kind {
        SettingKind::Switch if is_turned_off(setting) => format!("Do not {}", lower_case(help)),
        SettingKind::Switch => (*help).to_owned(),
        SettingKind::Number => format!("{help}; {minimum} to {maximum} [default: {default}]"),
        SettingKind::Count => format!("{help} [default: {default}]"),
    }
}

fn lower_case(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}

/// Parses a value of a setting.
fn value(setting: &Setting, text: &str) -> Result<f64, String> {
    let is_count = setting.kind == SettingKind::Count;
    let kind = if is_count { "not a whole number" } else { "not a number" };
    let number: f64 = text.parse().map_err(|_| kind.to_owned())?;
    if setting.accepts(number) {
        return Ok(number);
    }
    let kind = if is_count { "not a whole number" } else { "not" };
    Err(format!("{kind} from {} to {}", setting.minimum, setting.maximum))
}

impl Args for WatershedOptions {
    fn augment_args(command: Command) -> Command {
        SETTINGS.iter().fold(command, |command, setting| {
            let mut option = Arg::new(setting.name).long(option_name(setting)).help(help(setting));
            if let Some(old_name) = setting.old_option() {
                option = option.alias(old_name);
            }
            command.arg(match setting.kind {
                SettingKind::Switch => option.action(ArgAction::SetTrue),
                SettingKind::Number | SettingKind::Count => option
                    .value_name(if setting.unit.starts_with("px") { "PIXELS" } else { "VALUE" })
                    .value_parser(move |text: &str| value(setting, text)),
            })
        })
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for WatershedOptions {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        let mut options = Self::default();
        options.update_from_arg_matches(matches)?;
        Ok(options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        for setting in SETTINGS {
            let value = match setting.kind {
                SettingKind::Switch if !matches.get_flag(setting.name) => None,
                SettingKind::Switch => Some(if is_turned_off(setting) { 0.0 } else { 1.0 }),
                SettingKind::Number | SettingKind::Count => matches.get_one(setting.name).copied(),
            };
            if let Some(value) = value {
                setting.set(&mut self.0, value);
            }
        }
        Ok(())
    }
}

/// Warns about options with names from before version 0.1, which are still accepted.
pub(crate) fn warn_of_old_names(arguments: impl Iterator<Item = OsString>) {
    for argument in arguments {
        let Some(name) = argument.to_str().and_then(|argument| argument.strip_prefix("--")) else { continue };
        let name = name.split_once('=').map_or(name, |(name, _)| name);
        let renamed = SETTINGS.iter().find(|setting| setting.old_option().as_deref() == Some(name));
        if let Some(setting) = renamed {
            let renamed = Fault::OldName { old: name.to_owned(), new: option_name(setting) };
            table::print_warning(&renamed);
        }
    }
}
