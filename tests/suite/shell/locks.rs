//! `lock` and `unlock` allow one run at a time.

use crate::support::harness::{Folder, Test};

#[test]
fn a_lock_has_one_holder_until_its_run_ends() {
    let folder = Folder::new();
    let hold = "print(lock(\"night\")); sleep(3600)";
    let mut holder = folder.test().eval(hold).status(143).spawn();
    assert_eq!(holder.line(), "true");
    let other = || {
        folder
            .test()
            .eval("print(lock(\"night\")); print(lock(\"day\"))")
    };
    other().stdout("false\ntrue\n").run();
    let patient = "lock(\"night\", #{timeout: \"1ms\"})";
    folder.test().eval(patient).stdout("false\n").run();
    // A dry run doesn't wait for the lock.
    let dry = folder.test().args(["--dry-run"]).eval("lock(\"night\")");
    dry.run().says("true");
    holder.signal("TERM");
    holder.end();
    other().stdout("true\ntrue\n").run();
}

#[test]
fn a_waiting_run_gets_the_lock_after_unlock() {
    let folder = Folder::new();
    let hold = "lock(\"a\"); print(lock(\"a\")); read_text(\"-\"); print(unlock(\"a\")); print(unlock(\"a\"))";
    let mut holder = folder
        .test()
        .eval("lock(\"a\"); print(1); sleep(3600)")
        .status(130)
        .spawn();
    assert_eq!(holder.line(), "1");
    let waiting = folder
        .test()
        .eval("print(\"begun\"); lock(\"a\", #{timeout: \"1h\"})");
    let mut waiting = waiting.spawn();
    assert_eq!(waiting.line(), "begun");
    holder.signal("INT");
    holder.end();
    assert!(waiting.end().stdout.ends_with("true\n"));
    folder.test().eval(hold).stdout("true\ntrue\nfalse\n").run();
}

#[test]
fn an_invalid_lock_name_is_refused() {
    for name in ["", ".", "../x", "a/b", "ä", &"x".repeat(101)] {
        let test = Test::new().eval(format!("lock({name:?})")).status(1);
        test.run().complains("a lock's name is made of letters");
    }
}
