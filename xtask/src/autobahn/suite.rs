//! The suite itself: 2013's Python, in an environment of its own under `target/`, made to stay on the loopback.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::python27::Python27;
use crate::install::{self, is_current, mark_current};
use crate::outcome::Result;
use crate::process::{command, quietly};
use crate::workspace::{Workspace, root};

pub(crate) struct Suite {
    folder: PathBuf,
    interpreter: Python27,
}

impl Suite {
    pub(crate) fn install(workspace: &Workspace) -> Result<Self> {
        let base = workspace.scratch("autobahn")?;
        let interpreter = Python27::find(&base)?;
        let suite = Self { folder: base.join("suite"), interpreter };
        let recipe = root().join("tests/autobahn/requirements.txt");
        if !is_current(&suite.folder, &recipe) {
            println!("installing the Autobahn testsuite into target/autobahn");
            suite.make(&base, &recipe)?;
            mark_current(&suite.folder, &recipe)?;
        }
        Ok(suite)
    }

    /// `wstest` in one of its modes.
    pub(crate) fn command(&self, mode: &str, spec: &Path) -> Command {
        let mut wstest = self.interpreter.command(&self.folder.join("bin/python"));
        wstest.arg(self.folder.join("bin/wstest"));
        // `-u 0`: no web server beside it.
        wstest.args(["-m", mode, "-u", "0", "-s"]).arg(spec);
        wstest
    }

    fn make(&self, base: &Path, recipe: &Path) -> Result<()> {
        let requirements = base.join("virtualenv.txt");
        fs::write(&requirements, "virtualenv==20.21.1\n")?; // the last that makes environments of 2.7
        let python3 = install::python(&base.join("virtualenv"), &requirements)?;
        install::remove(&self.folder)?;
        let mut virtualenv = self.interpreter.command(&python3);
        virtualenv.args(["-m", "virtualenv", "--quiet", "--no-setuptools", "--no-wheel", "-p"]);
        quietly(virtualenv.arg(self.interpreter.program()).arg(&self.folder))?;
        let mut pip = self.interpreter.command(&self.folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "setuptools==44.1.1", "wheel==0.37.1"]);
        quietly(&mut pip)?;
        let mut pip = self.interpreter.command(&self.folder.join("bin/python"));
        pip.args(["-m", "pip", "install", "--quiet", "--no-deps", "-r"]).arg(recipe);
        quietly(&mut pip)?;
        self.stay_on_the_loopback()
    }

    /// The stock tool listens on every interface.
    fn stay_on_the_loopback(&self) -> Result<()> {
        let package = self.folder.join("lib/python2.7/site-packages/autobahntestsuite");
        for file in ["broadcast.py", "echo.py", "fuzzing.py", "testee.py"] {
            let file = package.join(file);
            let source = fs::read_to_string(&file)?;
            let call = "listenWS(factory, sslContext)";
            if !source.contains(call) {
                return Err(format!("{} is not as expected", file.display()).into());
            }
            let local = "listenWS(factory, sslContext, interface='127.0.0.1')";
            fs::write(&file, source.replace(call, local))?;
        }
        // Compiled files that stand beside the sources are from before the change.
        quietly(command("find").arg(&package).args(["-name", "*.pyc", "-delete"]))
    }
}
