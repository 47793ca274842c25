//! Python 2.7, which the suite is written for: pyenv's, or that of Debian 11, unpacked under `target/`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::outcome::Result;
use crate::process::{command, quietly, works};

pub(crate) struct Python27 {
    program: PathBuf,
    /// Where it was unpacked, if it is not the system's.
    unpacked: Option<PathBuf>,
}

impl Python27 {
    pub(crate) fn find(base: &Path) -> Result<Self> {
        let installed = installed().into_iter().map(|program| Self { program, unpacked: None });
        if let Some(python) = installed.into_iter().find(Self::works) {
            return Ok(python);
        }
        let unpacked = base.join("python27");
        let python =
            Self { program: unpacked.join("usr/bin/python2.7"), unpacked: Some(unpacked.clone()) };
        if !python.works() {
            println!("unpacking Debian's Python 2.7 into target/autobahn");
            crate::install::remove(&unpacked)?;
            unpack(&unpacked)?;
        }
        if !python.works() {
            return Err("Debian's Python 2.7 was unpacked, but does not run".into());
        }
        Ok(python)
    }

    pub(crate) fn program(&self) -> &Path {
        &self.program
    }

    /// A command that runs this Python, or one that was made from it.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut python = command(program);
        python.env("PYTHONWARNINGS", "ignore").env_remove("PYTHONPATH");
        if let Some(folder) = &self.unpacked {
            let machine = format!("{}-linux-gnu", std::env::consts::ARCH);
            python.env("LD_LIBRARY_PATH", folder.join("usr/lib").join(machine));
            let headers = folder.join("usr/include");
            let more = headers.join("python2.7");
            let headers = std::env::join_paths([more, headers]).unwrap_or_default();
            python.env("C_INCLUDE_PATH", headers);
        }
        python
    }

    fn works(&self) -> bool {
        works(self.command(&self.program).args(["-c", "import ssl, zlib, ctypes"]))
    }
}

fn installed() -> Vec<PathBuf> {
    let version = "versions/2.7.18/bin/python2.7";
    let mut programs = Vec::new();
    if let Some(pyenv) = std::env::var_os("PYENV_ROOT").filter(|pyenv| !pyenv.is_empty()) {
        programs.push(PathBuf::from(pyenv).join(version));
    }
    if let Some(home) = std::env::home_dir() {
        programs.push(home.join(".pyenv").join(version));
    }
    programs.push("/usr/bin/python2.7".into());
    programs
}

/// Downloads the packages with apt's own list and cache, so that the system's are as they were.
fn unpack(folder: &Path) -> Result<()> {
    if !works(command("dpkg").arg("--version")) {
        return Err("the Autobahn suite needs CPython 2.7: install it with pyenv".into());
    }
    let state = folder.join("apt");
    fs::create_dir_all(state.join("lists/partial"))?;
    fs::create_dir_all(state.join("archives/partial"))?;
    let list = state.join("sources.list");
    let keys = "/usr/share/keyrings/debian-archive-keyring.gpg";
    let mirror = mirror()?;
    fs::write(&list, format!("deb [signed-by={keys}] {mirror} bullseye main\n"))?;
    let apt = |arguments: &[&str]| {
        let mut apt = command("apt-get");
        let option = |key: &str, value: &Path| format!("{key}={}", value.display());
        apt.args(["-o", &option("Dir::Etc::SourceList", &list), "-o", "Dir::Etc::SourceParts=-"]);
        apt.args(["-o", &option("Dir::State::Lists", &state.join("lists"))]);
        apt.args(["-o", &option("Dir::Cache", &state)]);
        apt.args(["-o", "APT::Sandbox::User=root", "-qq"]).args(arguments).current_dir(&state);
        apt
    };
    quietly(&mut apt(&["update"]))?;
    quietly(apt(&["download"]).args(PACKAGES))?;
    for entry in fs::read_dir(&state)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension == "deb") {
            quietly(command("dpkg").arg("-x").arg(file).arg(folder))?;
        }
    }
    crate::install::remove(&state)
}

const PACKAGES: [&str; 7] = [
    "libffi7",
    "libpython2.7-dev",
    "libpython2.7-minimal",
    "libpython2.7-stdlib",
    "libssl1.1",
    "python2.7",
    "python2.7-minimal",
];

/// The Debian mirror that this machine uses.
fn mirror() -> Result<String> {
    let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
    if let Ok(entries) = fs::read_dir("/etc/apt/sources.list.d") {
        files.extend(entries.filter_map(|entry| Some(entry.ok()?.path())));
    }
    let texts = files.iter().filter_map(|file| fs::read_to_string(file).ok());
    let mirror = texts.flat_map(|text| mirrors(&text)).next();
    mirror.ok_or_else(|| "no Debian mirror is in the lists of apt".into())
}

/// The archives of Debian proper in a list of apt, of the old form or the new.
fn mirrors(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    let words = lines
        .filter(|line| line.starts_with("deb ") || line.starts_with("URIs:"))
        .flat_map(str::split_whitespace);
    let archives = words.filter(|word| word.trim_end_matches('/').ends_with("/debian"));
    archives.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_is_read_from_lists_of_both_forms() {
        let old =
            "# deb http://a.example/debian x\ndeb [trusted=no] http://b.example/debian/ y main";
        assert_eq!(mirrors(old), ["http://b.example/debian/"]);
        let new = "Types: deb\nURIs: http://c.example/debian\nSuites: bookworm";
        assert_eq!(mirrors(new), ["http://c.example/debian"]);
        assert!(mirrors("URIs: http://c.example/debian-security").is_empty());
    }
}
