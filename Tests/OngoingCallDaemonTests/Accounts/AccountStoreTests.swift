// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles
import Logging
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite struct AccountStoreTests {
  let folder = TemporaryFolder()
  private let told = LogLines()

  private var directory: String { folder["config/ongoingcall/accounts"] }

  /// One that has read its files.
  @EventLoopActor
  private func store() -> AccountStore {
    let store = AccountStore(directory: directory, logger: told.logger)
    store.read()
    return store
  }

  private func write(_ text: String, to name: String) {
    try? Files.makeDirectories(directory)
    folder.write(text, to: "config/ongoingcall/accounts/\(name)")
  }

  private func text(of name: String) -> String? {
    Files.read("\(directory)/\(name)").map { String(decoding: $0, as: UTF8.self) }
  }

  private func account(_ address: String, _ entries: (String, BusValue)...) throws -> Account {
    try Account([("address", .string(address))] + entries)
  }

  @EventLoopActor
  private func failure(_ action: () async throws(BusError) -> Void) async -> BusError? {
    do throws(BusError) {
      try await action()
      return nil
    } catch { return error }
  }

  private let me = AccountID("me_example_org")

  @Test func whatIsAddedIsAFile() async throws {
    try await onEventLoop {
      let first = store()
      #expect(first.list.entries.isEmpty && !Files.exists(directory))
      let account = try account("sip:me@example.org", ("realm", .string("x")))
      #expect(try await first.add(account) == me)
      #expect(first.list.entries.map(\.account) == [account])
      #expect(text(of: "me_example_org.conf") == "[Account]\nAddress=sip:me@example.org\nRealm=x\n")
      #expect(store().list == first.list)
      #expect(try await first.add(account).description == "me_example_org_2")
      var status = stat()
      #expect(stat("\(directory)/me_example_org.conf", &status) == 0 && status.st_mode & 0o7777 == 0o600)
    }
  }

  @Test func whatAPersonHasWrittenIsReadAndStays() async throws {
    try await onEventLoop {
      let store = store()
      var changes = 0
      store.observers.append { _ in changes += 1 }
      write("# Mine\n[Account]\nAddress=me@example.org\n", to: "work.conf")
      write("nothing of ours", to: "notes.txt")
      let list = await store.current()
      let work = try #require(AccountID("work"))
      #expect(list.entries.map(\.id) == [work] && changes == 1)
      _ = await store.current()
      #expect(changes == 1)
      try await store.edit(work, [("transport", .string("tls"))])
      #expect(text(of: "work.conf") == "# Mine\n[Account]\nAddress=me@example.org\nTransport=tls\n")
      #expect(store.list[work]?.account?.transport == .tls && changes == 2)
      try await store.edit(work, [("transport", .string("tls"))])
      #expect(changes == 2)
      try await store.remove(work)
      #expect(Files.names(in: directory) == ["notes.txt"] && store.list.entries.isEmpty)
      // It is not there any more, which is what was wanted.
      try await store.remove(work)
    }
  }

  @Test func aFileThatIsALinkStaysOne() async throws {
    try await onEventLoop {
      let store = store()
      let id = try await store.add(account("sip:me@example.org"))
      try #require(rename("\(directory)/\(id).conf", folder["mine.conf"]) == 0)
      try #require(symlink(folder["mine.conf"], "\(directory)/\(id).conf") == 0)
      try await store.edit(id, [("enabled", .bool(false))])
      #expect(
        Files.read(folder["mine.conf"]).map { String(decoding: $0, as: UTF8.self) }?.contains("Enabled=no") == true)
      #expect(store.list[id]?.state == .disabled)
      try await store.remove(id)
      #expect(Files.exists(folder["mine.conf"]) && store.list.entries.isEmpty)
    }
  }

  // MARK: Broken files

  @Test func aBrokenFileIsToldOnceAndKept() async throws {
    try await onEventLoop {
      let broken = "[Account]\nAddress=sip:me@example.org\nTransprot=tls\n"
      write(broken, to: "me_example_org.conf")
      let store = store()
      _ = await store.current()
      let id = try #require(me)
      #expect(store.list[id]?.state == .failed)
      #expect(
        store.list[id]?.problem.hasPrefix("\(directory)/me_example_org.conf: line 3: [Account] has no key") == true)
      #expect(told.lines.count == 1)
      #expect(told.lines.first?.hasSuffix("; the account cannot be used") == true)
      #expect(
        told.fields(0) == ["CONFIG_FILE": "\(directory)/me_example_org.conf", "CONFIG_LINE": "3"])
      let error = await failure { () async throws(BusError) in try await store.edit(id, [("realm", .string("x"))]) }
      #expect(error?.name == BusError.inputOutput && error?.message.contains("correct it first") == true)
      // Another account does not take its place.
      #expect(try await store.add(account("sip:me@example.org")).description == "me_example_org_2")
      #expect(text(of: "me_example_org.conf") == broken)
      try await store.remove(id)
      #expect(text(of: "me_example_org.conf") == nil)
    }
  }

  @Test func whatIsNoFileIsToldAndNotWaitedFor() async throws {
    try await onEventLoop {
      try Files.makeDirectories(directory)
      try #require(mkfifo("\(directory)/pipe.conf", 0o600) == 0)
      try #require(mkdir("\(directory)/folder.conf", 0o700) == 0)
      write("[Account]\nAddress=sip:me@example.org\n# " + String(repeating: "x", count: 16 * 1024), to: "large.conf")
      write("[Account]\nAddress=sip:me@example.org\n", to: "My phone.conf")
      let store = store()
      #expect(store.list.entries.map(\.id.description) == ["folder", "large", "pipe"])
      #expect(store.list.entries.allSatisfy { $0.state == .failed })
      #expect(
        told.lines.count == 4 && told.lines.contains { $0.contains("My phone.conf: the name of an account's file") })
    }
  }

  @Test func aChangeThatDoesNotFitChangesNothing() async throws {
    try await onEventLoop {
      let store = store()
      let id = try await store.add(account("sip:me@example.org"))
      let before = text(of: "\(id).conf")
      let error = await failure { () async throws(BusError) in
        try await store.edit(id, [("realm", .string("x")), ("transport", .string("carrier pigeon"))])
      }
      #expect(
        error
          == BusError(BusErrorName.invalidOption, "option “transport”: “carrier pigeon” is not one of udp, tcp, tls"))
      #expect(text(of: "\(id).conf") == before)
      _ = await failure { () async throws(BusError) in try await store.edit(id, [("address", .string(""))]) }
      #expect(text(of: "\(id).conf") == before)
    }
  }

  // MARK: The default

  @Test func atMostOneIsTheDefault() async throws {
    try await onEventLoop {
      let store = store()
      let defaults = { store.list.entries.filter(\.isDefault).map(\.id.description) }
      let one = try await store.add(account("sip:a@example.org", ("default", .bool(true))))
      #expect(defaults() == ["a_example_org"])
      let two = try await store.add(account("sip:b@example.org", ("default", .bool(true))))
      #expect(defaults() == ["b_example_org"])
      #expect(text(of: "\(one).conf")?.contains("Default") == false)
      try await store.edit(one, [("default", .bool(true))])
      #expect(defaults() == ["a_example_org"] && store.list[two]?.account?.isDefault == false)
      // A person may write what is no answer.
      write("[Account]\nAddress=sip:c@example.org\nDefault=yes\n", to: "c.conf")
      _ = await store.current()
      #expect(defaults() == ["a_example_org"])
      #expect(
        AccountID("c").flatMap { store.list[$0] }?.problem.contains("“a_example_org” is the default already") == true)
      #expect(told.lines.last?.contains("“a_example_org” is the default already") == true)
    }
  }

  @Test func thereAreOnlySoMany() async throws {
    try await onEventLoop {
      for number in 0...Limit.accounts {
        write("[Account]\nAddress=sip:a@example.org\n", to: "a\(String(100 + number)).conf")
      }
      let store = store()
      #expect(store.list.entries.count == Limit.accounts)
      #expect(told.lines.count == 1 && told.lines[0].contains("a164.conf: there are 64 accounts before it"))
      let error = await failure { () async throws(BusError) in
        _ = try await store.add(try! self.account("sip:me@example.org"))
      }
      #expect(error?.name == BusErrorName.limitReached)
    }
  }

  // MARK: Without files

  @Test func withoutAHomeThereAreNone() async throws {
    try await onEventLoop {
      let store = AccountStore(directory: nil, logger: .silent)
      #expect(await store.current().entries.isEmpty)
      let error = await failure { () async throws(BusError) in
        _ = try await store.add(try! self.account("sip:me@example.org"))
      }
      #expect(error?.name == BusError.inputOutput && error?.message.contains("XDG_CONFIG_HOME") == true)
    }
  }

  @Test func whatAnEarlierDaemonHasReadIsThere() async throws {
    try await onEventLoop {
      let first = store()
      _ = try await first.add(account("sip:me@example.org"))
      #expect(AccountStore(directory: directory, known: first.files, logger: .silent).list == first.list)
    }
  }

  // MARK: Noticing

  /// The process for files tells of what a person does, also where there is no folder yet.
  @Test(.timeLimit(.minutes(1))) func whatAPersonDoesIsNoticed() async {
    await #expect(processExitsWith: .success) {
      let folder = TemporaryFolder()
      try await onEventLoop {
        let worker = FileWorker.shared
        worker.start(try FileWorker.fork(), .silent)
        let changes = Mailbox<Void>()
        worker.onFolderChange = { changes.put(()) }
        let path = folder["a/accounts"]
        func read() async throws -> [String] {
          let files: AccountFiles = try await worker.ask(.accounts(path), about: path)
          return files.files.map(\.id)
        }
        try #require(try await read() == [])
        try Files.makeDirectories(path)
        try #require(await changes.next() != nil)
        try #require(try await read() == [])
        folder.write("[Account]\nAddress=sip:me@example.org\n", to: "a/accounts/work.conf")
        try #require(await changes.next() != nil)
        try #require(try await read() == ["work"])
        // With the folder, and the one that it is in.
        try #require(unlink("\(path)/work.conf") == 0 && rmdir(path) == 0 && rmdir(folder["a"]) == 0)
        while try await read() != [] { try #require(await changes.next() != nil) }
        try Files.makeDirectories(path)
        try #require(await changes.next() != nil)
        _ = try await read()
        folder.write("[Account]\nAddress=sip:me@example.org\n", to: "a/accounts/home.conf")
        while try await read() != ["home"] { try #require(await changes.next() != nil) }
      }
    }
  }
}
