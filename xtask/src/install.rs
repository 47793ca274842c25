//! Installs tools that the checks need into `target/`, or with the system's package manager.

use std::fs;
use std::path::{Path, PathBuf};

use crate::outcome::Result;
use crate::process::{command, output, quietly, works};
use crate::workspace::Workspace;

/// A cargo subcommand, built once into `target/tools`; returns its program.
pub(crate) fn cargo_tool(workspace: &Workspace, name: &str, version: &str) -> Result<PathBuf> {
    let folder = workspace.scratch("tools")?;
    let program = folder.join("bin").join(name);
    let subcommand = name.strip_prefix("cargo-").unwrap_or(name);
    let is_there = output(command(&program).args([subcommand, "--version"]));
    if is_there.is_ok_and(|text| text.contains(version)) {
        return Ok(program);
    }
    println!("installing {name} {version} into target/tools");
    // A debug build: it is ready in a third of the time, and runs for a second.
    let mut install = crate::process::cargo();
    install.args(["install", "--quiet", "--locked", "--debug", "--version", version, name]);
    install.arg("--root").arg(&folder).env("CARGO_TARGET_DIR", folder.join("build"));
    quietly(&mut install)?;
    fs::remove_dir_all(folder.join("build"))?;
    Ok(program)
}

/// Packages of a Debian machine, where `program` is not there yet.
pub(crate) fn debian(program: &str, packages: &[&str]) -> Result<()> {
    if works(command("sh").args(["-c", &format!("command -v {program}")])) {
        return Ok(());
    }
    if !works(command("apt-get").arg("--version")) {
        return Err(format!("{program} is needed, and there is no apt-get to install it").into());
    }
    println!("installing {} with apt-get", packages.join(" "));
    quietly(command("apt-get").args(["update", "-qq"]))?;
    let mut install = command("apt-get");
    install.args(["install", "-y", "-qq", "--no-install-recommends"]).args(packages);
    quietly(install.env("DEBIAN_FRONTEND", "noninteractive"))
}

/// A Python 3 environment in `folder` that holds what the file `requirements` lists; returns its python.
pub(crate) fn python(folder: &Path, requirements: &Path) -> Result<PathBuf> {
    let python = folder.join("bin/python");
    if is_current(folder, requirements) {
        return Ok(python);
    }
    println!("installing {} into {}", shown(requirements), shown(folder));
    debian("python3", &["python3", "python3-venv"])?;
    remove(folder)?;
    if !works(command("python3").args(["-m", "venv"]).arg(folder)) {
        // Debian's python3 comes without what makes environments.
        quietly(command("apt-get").args(["update", "-qq"]))?;
        quietly(command("apt-get").args(["install", "-y", "-qq", "python3-venv"]))?;
        remove(folder)?;
        quietly(command("python3").args(["-m", "venv"]).arg(folder))?;
    }
    quietly(command(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(requirements))?;
    mark_current(folder, requirements)?;
    Ok(python)
}

/// Installs the packages that the file `package_json` lists into `folder/node_modules`.
pub(crate) fn npm(folder: &Path, package_json: &Path) -> Result<()> {
    if is_current(folder, package_json) {
        return Ok(());
    }
    println!("installing {} into {}", shown(package_json), shown(folder));
    debian("node", &["nodejs", "npm"])?;
    debian("npm", &["npm"])?;
    remove(folder)?;
    fs::create_dir_all(folder)?;
    fs::copy(package_json, folder.join("package.json"))?;
    let mut npm = command("npm");
    npm.args(["install", "--no-audit", "--no-fund", "--no-package-lock"]);
    quietly(npm.current_dir(folder))?;
    mark_current(folder, package_json)
}

/// Was `folder` made from this very `recipe`?
pub(crate) fn is_current(folder: &Path, recipe: &Path) -> bool {
    let made_from = fs::read(folder.join("made-from"));
    made_from.is_ok_and(|text| fs::read(recipe).is_ok_and(|recipe| recipe == text))
}

/// Remembers what `folder` was made from; the last step of making it.
pub(crate) fn mark_current(folder: &Path, recipe: &Path) -> Result<()> {
    fs::copy(recipe, folder.join("made-from"))?;
    Ok(())
}

pub(crate) fn remove(folder: &Path) -> Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)?;
    }
    Ok(())
}

fn shown(path: &Path) -> String {
    crate::workspace::relative(path)
}
