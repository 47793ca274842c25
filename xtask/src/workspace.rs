//! The workspace as cargo sees it: its packages, targets, features and dependencies.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::outcome::Result;
use crate::process::{cargo, output, run};

/// The folder of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask is a folder of the workspace")
}

/// `path` as it is written in this project: relative to the root.
pub(crate) fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).display().to_string()
}

pub(crate) struct Workspace {
    /// Sorted by name.
    pub(crate) packages: Vec<Package>,
    pub(crate) target: PathBuf,
}

pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) folder: PathBuf,
    pub(crate) rust_version: String,
    pub(crate) targets: Vec<Target>,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

pub(crate) struct Target {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) root: PathBuf,
}

pub(crate) struct Dependency {
    pub(crate) name: String,
    /// Neither a dev- nor a build-dependency.
    pub(crate) normal: bool,
    pub(crate) is_dev: bool,
    pub(crate) has_path: bool,
    /// `*` where the manifest names none.
    pub(crate) version: String,
}

impl Workspace {
    pub(crate) fn load() -> Result<Self> {
        let mut metadata = cargo();
        let text = output(metadata.args(["metadata", "--no-deps", "--format-version", "1"]))?;
        let value: Value = serde_json::from_str(&text)?;
        let mut packages: Vec<Package> = list(&value["packages"]).map(Package::read).collect();
        packages.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self { packages, target: text_of(&value["target_directory"]).into() })
    }

    /// The packages in `crates/`: the product.
    pub(crate) fn crates(&self) -> impl Iterator<Item = &Package> {
        let folder = root().join("crates");
        self.packages.iter().filter(move |package| package.folder.starts_with(&folder))
    }

    pub(crate) fn package(&self, name: &str) -> Option<&Package> {
        self.packages.iter().find(|package| package.name == name)
    }

    /// Builds a program of ours, optimised, and returns where it is.
    pub(crate) fn build(&self, package: &str, name: &str) -> Result<PathBuf> {
        let targets = self.package(package).map(|package| package.targets.as_slice());
        let mut targets = targets.unwrap_or_default().iter();
        let is_wanted = |target: &&Target| {
            matches!(target.kind.as_str(), "bin" | "example")
                && target.name.replace('-', "_") == name
        };
        let Some(Target { kind, name, .. }) = targets.find(is_wanted) else {
            return Err(format!("{package} has no program {name}").into());
        };
        let option = format!("--{kind}");
        run(cargo().args(["build", "--release", "--quiet", "-p", package, &option, name]))?;
        let folder = self.target.join("release");
        Ok(if kind == "example" { folder.join("examples") } else { folder }.join(name))
    }

    /// A folder of `target/` that is there when this returns.
    pub(crate) fn scratch(&self, name: &str) -> Result<PathBuf> {
        let folder = self.target.join(name);
        std::fs::create_dir_all(&folder)?;
        Ok(folder)
    }
}

impl Package {
    fn read(value: &Value) -> Self {
        let manifest = PathBuf::from(text_of(&value["manifest_path"]));
        Self {
            name: text_of(&value["name"]),
            folder: manifest.parent().unwrap_or(&manifest).into(),
            rust_version: text_of(&value["rust_version"]),
            targets: list(&value["targets"])
                .map(|target| Target {
                    kind: text_of(&target["kind"][0]),
                    name: text_of(&target["name"]),
                    root: text_of(&target["src_path"]).into(),
                })
                .collect(),
            dependencies: list(&value["dependencies"])
                .map(|dependency| Dependency {
                    name: text_of(&dependency["name"]),
                    normal: dependency["kind"].is_null(),
                    is_dev: dependency["kind"] == "dev",
                    has_path: !dependency["path"].is_null(),
                    version: text_of(&dependency["req"]),
                })
                .collect(),
            features: value["features"]
                .as_object()
                .into_iter()
                .flatten()
                .map(|(name, enables)| (name.clone(), list(enables).map(text_of).collect()))
                .collect(),
        }
    }

    /// The features that are on by themselves, those that others turn on included.
    pub(crate) fn defaults(&self) -> Vec<&str> {
        let mut on: Vec<&str> = Vec::new();
        let mut next = vec!["default"];
        while let Some(feature) = next.pop() {
            let enables = self.features.get(feature).map(Vec::as_slice).unwrap_or_default();
            for name in enables.iter().map(String::as_str) {
                if self.features.contains_key(name) && !on.contains(&name) {
                    on.push(name);
                    next.push(name);
                }
            }
        }
        on
    }

    /// Has it a feature that is not on by itself?
    pub(crate) fn has_more_features(&self) -> bool {
        let defaults = self.defaults();
        self.features.keys().any(|name| name != "default" && !defaults.contains(&name.as_str()))
    }
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text_of(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}
