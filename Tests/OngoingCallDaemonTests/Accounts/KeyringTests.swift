// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import LinuxFiles
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// The real `ongoingcall-secret` and the real gnome-keyring, on a bus of their own; in a process of each test's own,
/// whose environment names that bus.
@Suite(.timeLimit(.minutes(2))) struct KeyringTests {
  /// Next to the tests, which are a program.
  private static let program = "\(SearchPath.folderOfThisProgram ?? "")/ongoingcall-secret"

  @EventLoopActor
  private static func store(_ program: String = program, within patience: Duration = .seconds(30)) throws -> StoreAsked
  {
    StoreAsked(
      PasswordStore(keyring: Keyring(program: program, patience: patience), directory: nil, credentials: nil),
      try #require(AccountID("me")))
  }

  /// A bus, and a home for the keyrings.
  private final class Scene {
    let bus: PrivateBus
    let home = TemporaryFolder()

    init(_ services: [String: String] = [:]) throws {
      bus = try PrivateBus(services: services)
      setenv("DBUS_SESSION_BUS_ADDRESS", bus.address, 1)
      for name in ["HOME", "XDG_RUNTIME_DIR", "XDG_DATA_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"] {
        setenv(name, home.path, 1)
      }
      unsetenv("DISPLAY")
      unsetenv("WAYLAND_DISPLAY")
    }

    @EventLoopActor
    func shell(_ script: String, input: String = "") async throws {
      let results = Mailbox<ChildProgram.Result>()
      try ChildProgram(
        "/bin/sh", ["-c", script], input: Array(input.utf8), limit: 4096, within: .seconds(30)
      ) { results.put($0) }
      let result = try #require(await results.next())
      try #require(result.end == .exited(0), "\(script): \(String(decoding: result.errors, as: UTF8.self))")
    }

    /// A keyring that is unlocked, in the place of one that is there. It ends with the bus.
    @EventLoopActor
    func startKeyring() async throws {
      try await shell(
        """
        owner() {
          dbus-send --session --print-reply=literal --dest=org.freedesktop.DBus / \
            org.freedesktop.DBus.GetNameOwner string:org.freedesktop.secrets 2>/dev/null
        }
        before=$(owner)
        gnome-keyring-daemon --unlock --replace --components=secrets >/dev/null 2>&1
        while now=$(owner); [ -z "$now" ] || [ "$now" = "$before" ]; do sleep 0.02; done
        """, input: "of the keyring")
    }

    @EventLoopActor
    func lock() async throws {
      try await shell(
        "dbus-send --session --print-reply --dest=org.freedesktop.secrets /org/freedesktop/secrets "
          + "org.freedesktop.Secret.Service.Lock array:objpath:/org/freedesktop/secrets/collection/login")
    }
  }

  @Test func theKeyringKeepsIt() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene()
      try await onEventLoop(with: { scene }) { scene in
        try await scene.startKeyring()
        let store = try Self.store()
        let missing = PasswordProblem.missing(store.account, .secretService)
        try #require(await store.lookup(.secretService) == .failure(missing))
        try #require(await store.store("pässwörd", in: .secretService) == nil)
        try #require(await store.lookup(.secretService) == .success("pässwörd"))
        try #require(await store.store("another", in: .secretService) == nil)
        try #require(await store.lookup(.secretService) == .success("another"))
        // Nobody is there to unlock it.
        try await scene.lock()
        try #require(await store.lookup(.secretService) == .failure(.locked))
        try #require(await store.store("third", in: .secretService) == .locked)
        try #require(await store.remove(.secretService) == .locked)
        try await scene.startKeyring()
        try #require(await store.remove(.secretService) == nil)
        try #require(await store.lookup(.secretService) == .failure(missing))
        try #require(await store.remove(.secretService) == nil)
      }
    }
  }

  /// The user is not asked for that, and no keyring is started.
  @Test func whetherThereIsOneIsKnownWithoutAsking() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene(["org.freedesktop.secrets": "/bin/sleep 1000"])
      try await onEventLoop(with: { scene }) { scene in
        let store = try Self.store(within: .seconds(2))
        try #require(await store.check(.secretService) == nil)
        try #require(await store.removeEverywhere() == [])
        try await scene.startKeyring()
        try #require(await store.check(.secretService) == false)
        try #require(await store.removeEverywhere() == [])
        try #require(await store.store("rosebud", in: .secretService) == nil)
        try #require(await store.check(.secretService) == true)
        try await scene.lock()
        try #require(await store.check(.secretService) == true)
        let another = StoreAsked(store.store, try #require(AccountID("another")))
        try #require(await another.check(.secretService) == nil)
        try #require(await another.removeEverywhere() == [])
        // There is one, which is removed only when the user unlocks the keyring.
        try #require(await store.removeEverywhere() == [.locked])
        try await scene.startKeyring()
        try #require(await store.removeEverywhere() == [])
        try #require(await store.check(.secretService) == false)
      }
    }
  }

  @Test func requestsAreDoneInTheirOrder() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene()
      try await onEventLoop(with: { scene }) { scene in
        try await scene.startKeyring()
        let store = try Self.store()
        let found = Mailbox<String>()
        for number in 0..<5 {
          let password = try Password(Array("password \(number)".utf8))
          store.store.store(password, for: store.account, label: "Me", in: .secretService) { _ in }
          store.store.lookup(store.account, in: .secretService) { result in
            found.put((try? result.get()).map { $0.withBytes { String(decoding: $0, as: UTF8.self) } } ?? "\(result)")
          }
        }
        try #require(await found.next(5) == (0..<5).map { "password \($0)" })
      }
    }
  }

  @Test func withoutASecretServiceThereIsAReason() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene()
      try await onEventLoop(with: { scene }) { _ in
        let store = try Self.store()
        guard case .failure(.noService(let reason)) = await store.lookup(.secretService) else { exit(1) }
        try #require(reason.hasPrefix("there is no Secret Service (org.freedesktop.secrets)"))
        try #require("\(PasswordProblem.noService(reason))".contains("PasswordPlace=file"))
        // Nor without a bus.
        setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere", 1)
        guard case .failure(.noService) = await store.lookup(.secretService) else { exit(2) }
        let path = "/nowhere/ongoingcall-secret"
        try #require(await Self.store(path).lookup(.secretService) == .failure(.notInstalled(path)))
      }
    }
  }

  /// A service that does not answer, as one that waits for a user who does not look.
  @Test func aSilentOneIsNotWaitedForLong() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene(["org.freedesktop.secrets": "/bin/sleep 1000"])
      try await onEventLoop(with: { scene }) { _ in
        let patience = Duration.milliseconds(500)
        let store = try Self.store(within: patience)
        let found = Mailbox<Bool>()
        let start = SystemClock.monotonic.now
        // They wait for the same, and not one after the other.
        for _ in 0..<3 {
          store.store.lookup(store.account, in: .secretService) { result in
            if case .failure(.silent(patience)) = result { found.put(true) } else { found.put(false) }
          }
        }
        try #require(await found.next(3) == [true, true, true])
        try #require(SystemClock.monotonic.now - start < 5_000_000)
      }
    }
  }

  @Test func onlySoManyWait() async {
    await #expect(processExitsWith: .success) {
      let scene = try Scene(["org.freedesktop.secrets": "/bin/sleep 1000"])
      try await onEventLoop(with: { scene }) { _ in
        let store = try Self.store()
        let found = Mailbox<PasswordProblem?>()
        for _ in 0..<Limit.keyringRequests + 2 {
          store.store.lookup(store.account, in: .secretService) { result in
            if case .failure(let problem) = result { found.put(problem) } else { found.put(nil) }
          }
        }
        try #require(await found.next() == .crowded(Limit.keyringRequests))
      }
    }
  }
}
