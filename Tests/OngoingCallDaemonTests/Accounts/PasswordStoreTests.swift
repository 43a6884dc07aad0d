// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// Files and credentials; the keyring is in ``KeyringTests``.
@Suite(.timeLimit(.minutes(1))) struct PasswordStoreTests {
  let folder = TemporaryFolder()

  private var path: String { folder["state/passwords/me"] }

  @EventLoopActor
  private func store(_ directory: String? = "state/passwords", credentials: String? = nil) throws -> StoreAsked {
    StoreAsked(
      PasswordStore(
        keyring: Keyring(program: "/nowhere"), directory: directory.map { folder[$0] },
        credentials: credentials.map { folder[$0] }), try #require(AccountID("me")))
  }

  private func mode(_ path: String) -> mode_t? {
    var status = stat()
    return lstat(path, &status) == 0 ? status.st_mode & 0o7777 : nil
  }

  private func write(_ text: String, mode: UInt32 = 0o600) throws {
    try Files.makeDirectories(folder["state/passwords"])
    folder.write(text, to: "state/passwords/me", mode: mode)
    #expect(chmod(path, mode_t(mode)) == 0)
  }

  @Test func aFileKeepsItForTheUserAlone() async throws {
    try await onEventLoop {
      let store = try store()
      #expect(await store.lookup(.file) == .failure(.missing(store.account, .file)))
      // Left behind by a daemon that was killed, with another mode.
      try Files.makeDirectories(folder["state/passwords"])
      folder.write("old", to: "state/passwords/me.new", mode: 0o644)
      #expect(chmod(path + ".new", 0o644) == 0)
      #expect(await store.store("rosebud", in: .file) == nil)
      #expect(mode(path) == 0o600 && mode(folder["state/passwords"]) == 0o700)
      #expect(await store.lookup(.file) == .success("rosebud"))
      #expect(await store.store("another", in: .file) == nil)
      #expect(await store.lookup(.file) == .success("another"))
      #expect(await store.remove(.file) == nil)
      #expect(mode(path) == nil)
      #expect(await store.remove(.file) == nil)
    }
  }

  @Test(arguments: [0o640, 0o604, 0o620, 0o644]) func oneThatOthersCanReadIsRefused(_ mode: UInt32) async throws {
    try await onEventLoop {
      try write("rosebud", mode: mode)
      let found = try await store().lookup(.file)
      #expect(found == .failure(.exposed(path, owner: getuid(), mode: mode)))
      guard case .failure(let problem) = found else { return }
      for word in [path, "mode \(String(mode, radix: 8))", "with mode 600", "set it again"] {
        #expect("\(problem)".contains(word))
      }
      #expect(!"\(problem)".contains("rosebud"))
    }
  }

  @Test func oneThatAPersonWroteIsRead() async throws {
    try await onEventLoop {
      try write("rosebud\n")
      #expect(try await store().lookup(.file) == .success("rosebud"))
      try write("\n")
      #expect(try await store().lookup(.file) == .failure(.unusable(store().account, .file, .empty)))
      try write(String(repeating: "x", count: 513))
      #expect(try await store().lookup(.file) == .failure(.unusable(store().account, .file, .tooLong)))
    }
  }

  @Test func whatIsNoFileIsRefused() async throws {
    try await onEventLoop {
      folder.write("rosebud", to: "elsewhere")
      try Files.makeDirectories(folder["state/passwords"])
      #expect(symlink(folder["elsewhere"], path) == 0)
      guard case .failure(.notReadable(path, let reason)) = try await store().lookup(.file) else {
        Issue.record("a link was followed")
        return
      }
      #expect(reason == "it is a link, not a file")
      try write("rosebud")
      unlink(path)
      #expect(mkdir(path, 0o700) == 0)
      let removed = try await store().remove(.file)
      #expect(removed != nil && "\(removed as Any)".contains("remove \(path)"))
    }
  }

  /// By a look at whether there is a file; it is not read.
  @Test func whetherThereIsOneIsKnown() async throws {
    try await onEventLoop {
      let store = try store(credentials: "credentials")
      var news: [PasswordStore.News] = []
      store.store.onNews = { _, _, what in news.append(what) }
      #expect(await store.check(.file) == false && news == [.problem(.missing(store.account, .file))])
      try write("rosebud", mode: 0)
      #expect(await store.check(.file) == true && news.last == .found)
      #expect(await store.check(.credential) == false)
      folder.makeFolder("credentials")
      folder.write("rosebud", to: "credentials/ongoingcall.password.me")
      #expect(await store.check(.credential) == true)
      // The keyring's program is not there, so nobody knows.
      let count = news.count
      #expect(await store.check(.secretService) == nil && news.count == count)
      #expect(try await self.store(nil).check(.credential) == false)
    }
  }

  @Test func oneThatIsLeftIsRemovedOnlyWhereTheAccountIsGone() async throws {
    try await onEventLoop {
      let store = try store().store
      try write("rosebud")
      let account = try #require(AccountID("me"))
      // Where there is no folder, it may be on a disk that is away.
      store.removeLeft(by: account, of: folder["accounts"])
      #expect(Files.exists(path))
      folder.makeFolder("accounts")
      folder.write("[Account]\n", to: "accounts/me.conf")
      store.removeLeft(by: account, of: folder["accounts"])
      #expect(Files.exists(path))
      unlink(folder["accounts/me.conf"])
      store.removeLeft(by: account, of: folder["accounts"])
      #expect(!Files.exists(path))
    }
  }

  @Test func anAccountThatComesBackKeepsIts() async throws {
    try await onEventLoop {
      let passwords = try store().store
      folder.makeFolder("accounts")
      let file = "[Account]\nAddress=sip:me@example.org\nPasswordPlace=file\n"
      folder.write(file, to: "accounts/me.conf")
      try write("rosebud")
      let accounts = AccountStore(directory: folder["accounts"], logger: .silent)
      let watch = AccountPasswords(accounts, passwords, patience: .milliseconds(1))
      accounts.read()
      await watch.settle()
      #expect(accounts.list.entries.first?.findings.hasPassword == true)
      // An editor takes it away, and puts another in its place.
      unlink(folder["accounts/me.conf"])
      accounts.read()
      folder.write(file, to: "accounts/me.conf")
      accounts.read()
      try await pause()
      #expect(Files.exists(path))
      // It comes back, but nobody has noticed yet.
      unlink(folder["accounts/me.conf"])
      accounts.read()
      folder.write(file, to: "accounts/me.conf")
      try await pause()
      #expect(Files.exists(path))
      accounts.read()
      unlink(folder["accounts/me.conf"])
      accounts.read()
      while Files.exists(path) { try await pause() }
      withExtendedLifetime(watch) {}
    }
  }

  /// Until timers that ended before this have been heard.
  @EventLoopActor
  private func pause() async throws {
    let ended = Mailbox<Bool>()
    let timer = try EventSource.timer(after: .milliseconds(20)) { ended.put(true) }
    _ = await ended.next()
    withExtendedLifetime(timer) {}
  }

  @Test func withoutAHomeThereIsNoFile() async throws {
    try await onEventLoop {
      let store = try store(nil)
      #expect(await store.lookup(.file) == .failure(.noFolder))
      #expect(await store.store("rosebud", in: .file) == .noFolder)
      #expect(await store.remove(.file) == .noFolder)
    }
  }

  @Test func aCredentialIsOnlyRead() async throws {
    try await onEventLoop {
      folder.makeFolder("credentials")
      let store = try store(credentials: "credentials")
      #expect(await store.lookup(.credential) == .failure(.missing(store.account, .credential)))
      // As systemd makes them: the folder's mode keeps others out.
      folder.write("rosebud\n", to: "credentials/ongoingcall.password.me", mode: 0o440)
      #expect(await store.lookup(.credential) == .success("rosebud"))
      #expect(await store.store("other", in: .credential) == .notOurs(store.account))
      #expect(await store.remove(.credential) == .notOurs(store.account))
      #expect(await store.lookup(.credential) == .success("rosebud"))
      #expect(try await self.store().lookup(.credential) == .failure(.missing(store.account, .credential)))
    }
  }
}

/// A store that is asked about one account, and its answers; a password in an answer is shown, for comparison.
@EventLoopActor
struct StoreAsked {
  let store: PasswordStore
  let account: AccountID

  init(_ store: PasswordStore, _ account: AccountID) { (self.store, self.account) = (store, account) }

  func lookup(_ place: PasswordPlace) async -> Result<String, PasswordProblem> {
    let found: Result<Password, PasswordProblem> = await withCheckedContinuation { answer in
      store.lookup(account, in: place) { answer.resume(returning: $0) }
    }
    return found.map { $0.withBytes { String(decoding: $0, as: UTF8.self) } }
  }

  func check(_ place: PasswordPlace) async -> Bool? {
    await withCheckedContinuation { answer in store.check(account, in: place) { answer.resume(returning: $0) } }
  }

  func removeEverywhere() async -> [PasswordProblem] {
    await withCheckedContinuation { answer in store.removeEverywhere(account) { answer.resume(returning: $0) } }
  }

  func store(_ text: String, in place: PasswordPlace) async -> PasswordProblem? {
    guard let password = try? Password(Array(text.utf8)) else { return .failed("it is no password") }
    return await withCheckedContinuation { answer in
      store.store(password, for: account, label: "Me", in: place) { answer.resume(returning: Self.problem($0)) }
    }
  }

  func remove(_ place: PasswordPlace) async -> PasswordProblem? {
    await withCheckedContinuation { answer in
      store.remove(account, from: place) { answer.resume(returning: Self.problem($0)) }
    }
  }

  private static func problem(_ result: Result<Void, PasswordProblem>) -> PasswordProblem? {
    if case .failure(let problem) = result { problem } else { nil }
  }
}
