// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import FoundationEssentials
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

/// Which account a call goes through, and what is called then.
@Suite struct LaunchedAccountTests {
  let engines = EngineFolder()

  private static func file(_ id: String, _ address: String, _ rest: String = "") -> AccountFiles.File {
    let (account, problems) = Account.read(Array("[Account]\nAddress=\(address)\n\(rest)".utf8))
    return .init(path: "/\(id).conf", id: id, account: account, problems: problems)
  }

  private static let home = file("home", "sip:me@example.org", "CountryCode=49\n")
  private static let work = file("work", "sips:100@pbx.example.com:5061", "Default=yes\n")

  private func spec(
    _ uri: String, _ account: String? = nil, of files: [AccountFiles.File] = [home, work],
    from caller: Caller = .unconfined
  ) throws(CallRefusal) -> LaunchSpec {
    var options = [("uri", BusValue.string(uri))]
    if let account { options.append(("account", .string(account))) }
    return try LaunchOptions(options, permission: Permission(caller: caller))
      .spec(engines.catalog, .init(), AccountList(AccountFiles(files: files)))
  }

  private func problem(
    _ uri: String, _ account: String? = nil, of files: [AccountFiles.File] = [home, work],
    from caller: Caller = .unconfined
  ) -> CallRefusal? {
    do throws(CallRefusal) {
      _ = try spec(uri, account, of: files, from: caller)
      return nil
    } catch { return error }
  }

  @Test(
    arguments: [
      ("030 123", nil, "sips:030123@pbx.example.com:5061", "work"),
      ("tel:+49-30-123", "home", "sip:+4930123@example.org", "home"),
      ("030 123", "home", "sip:+4930123@example.org", "home"),
      ("alice", nil, "sips:alice@pbx.example.com:5061", "work"),
      ("sip:bob@example.com", "home", "sip:bob@example.com", "home"),
      ("sip:bob@example.com", nil, "sip:bob@example.com", "work"),
      ("sips:bob@example.com", nil, "sips:bob@example.com", "work"),
      ("sip:bob@example.com", "", "sip:bob@example.com", nil),
      ("room:7", nil, nil, nil),
    ] as [(String, String?, String?, String?)])
  func whatIsCalled(_ written: String, _ named: String?, _ uri: String?, _ account: String?) throws {
    guard let uri else {
      // Its program is not there; no account is asked for.
      guard case .engineNotFound? = problem(written, named) else { throw CancellationError() }
      return
    }
    let spec = try spec(written, named)
    #expect(spec.uri == uri && spec.account == account && spec.title == written)
    #expect(spec.problem == nil)
  }

  /// Every engine of the call is told, also after the account has been changed or removed, and by the next daemon.
  @Test func theEngineIsToldOfTheAccount() throws {
    let file = Self.file(
      "me", "sip:me@example.org",
      "DisplayName=Me\nAuthUser=m\nRealm=r\nOutboundProxy=proxy.example.org\nTransport=tcp\nDialPrefix=0\nRegister=yes\nRegistrar=r.example.org\n"
    )
    let spec = try spec("alice", "me", of: [file])
    #expect(
      spec.join.account
        == .init(
          address: "sip:me@example.org", displayName: "Me", authUser: "m", realm: "r",
          outboundProxy: "sip:proxy.example.org", transport: "tcp", register: true, registrar: "sip:r.example.org"))
    let again = try JSONDecoder().decode(LaunchSpec.self, from: JSONEncoder().encode(spec))
    #expect(again == spec && again.join == spec.join && again.problem == nil)
    #expect(try self.spec("sip:a@example.org", "").join.account == nil)
    #expect(try self.spec("sip:a@example.org").join.account?.address == "sips:100@pbx.example.com:5061")
    var changed = spec
    changed.accountSettings?.realm = "another"
    #expect(changed.asksForTheSame(as: spec))
    changed.account = "other"
    #expect(!changed.asksForTheSame(as: spec))
    changed.account = nil
    #expect(changed.problem == "its account is not whole")
    changed.account = "me"
    changed.accountSettings?.dialPrefix = "x"
    #expect(changed.problem == "its account has settings that no account can have")
  }

  @Test func theAccountsEncryptionIsTheEnginesSetting() throws {
    let me = Self.file("me", "sip:me@example.org", "Encryption=required\n")
    #expect(
      problem("alice", "me", of: [me])
        == .invalidOption(
          "account",
          "the account “me” has a setting for encryption, which the engine “sip” does not know; use another engine, or "
            + "remove Encryption= from the account"))
    engines.install(
      EngineDescriptor(
        name: "sip", command: [engines.program], schemes: ["sip", "sips"], settings: ["encryption"]))
    #expect(try spec("alice", "me", of: [me]).join.settings == ["encryption": "required"])
    #expect(try spec("alice", "me", of: [me]).settings == [:])
    // Those are encrypted anyway, and may not be offered less.
    let offering = Self.file("me", "sip:me@example.org", "Encryption=offer\n")
    #expect(try spec("sips:a@example.org", "me", of: [offering]).join.settings == [:])
    var given = try spec("alice", "me", of: [me])
    given.settings["encryption"] = "off"
    #expect(given.join.settings == ["encryption": "off"])
    let handshaking = Self.file("me", "sip:me@example.org", "KeyExchange=dtls\n")
    #expect(
      problem("alice", "me", of: [handshaking])
        == .invalidOption(
          "account",
          "the account “me” has a setting for encryption, which the engine “sip” does not know; use another engine, or "
            + "remove KeyExchange= from the account"))
    engines.install(
      EngineDescriptor(
        name: "sip", command: [engines.program], schemes: ["sip", "sips"], settings: ["encryption", "key-exchange"]))
    #expect(try spec("sips:a@example.org", "me", of: [handshaking]).join.settings == ["key-exchange": "dtls"])
    given = try spec("alice", "me", of: [handshaking])
    given.settings["key-exchange"] = "auto"
    #expect(given.join.settings == ["key-exchange": "auto"])
  }

  @Test func withoutAnAccountTheRemedyIsSaid() {
    let what = "“030 123” is called through an account, as it has no scheme like sip:"
    #expect(
      problem("030 123", of: [])
        == .invalidOption(
          "uri", "\(what); there is no account; add one: ongoingcallctl account add sip:me@example.org --default"))
    #expect(
      problem("030 123", of: [Self.home])
        == .invalidOption(
          "uri",
          "\(what); no account is the default, and none is named; name one of home, or make it the default: "
            + "ongoingcallctl account edit ID --default"))
    #expect(problem("030 123", "wrok") == .invalidOption("account", "there is no account “wrok”; there are home, work"))
    #expect(
      problem("030 123", "")
        == .invalidOption(
          "uri",
          "\(what), and this call is to go through none; name an account, or call an address such as "
            + "sip:someone@example.org"))
    #expect(
      problem("sip:a@example.org", "x", of: []) == .invalidOption("account", "there is no account “x”; there are none"))
  }

  /// Whether the files of accounts are read before a launch.
  @Test(
    arguments: [
      ("sip:a@example.org", nil, true), ("sip:a@example.org", "", false), ("sip:a@example.org", "me", true),
      ("room:7", nil, false), ("030", nil, true),
    ] as [(String, String?, Bool)])
  func accountsAreReadWhereTheyMatter(_ uri: String, _ account: String?, _ matter: Bool) throws {
    var options = [("uri", BusValue.string(uri))]
    if let account { options.append(("account", .string(account))) }
    #expect(try LaunchOptions(options).mayNeedAccount == matter)
    let phone = Permission(caller: .sandboxed(Sandbox(.flatpak, "org.example.Phone")))
    #expect(try LaunchOptions(options, permission: phone).mayNeedAccount == matter)
  }

  @Test func anAccountThatCannotBeUsedIsSaid() throws {
    let disabled = Self.file("off", "sip:me@example.org", "Enabled=no\nDefault=yes\n")
    #expect(
      problem("030", of: [disabled])
        == .invalidOption("account", "the account “off” is disabled; enable it: ongoingcallctl account enable off"))
    // Addresses need none.
    #expect(try spec("sip:a@example.org", of: [disabled]).account == nil)
    #expect(try spec("sip:a@example.org", of: [Self.home]).account == nil)
    let broken = Self.file("broken", "sip:me@example.org", "Transport=x\n")
    #expect(
      problem("sip:a@example.org", "broken", of: [broken])
        == .invalidOption(
          "account",
          "the account “broken” cannot be used: /broken.conf: line 3: Transport=: “x” is not one of udp, tcp, tls"))
    #expect(
      problem("room:7", "home")
        == .invalidOption("account", "an account calls sip: and sips: addresses, numbers and names, not “room:”"))
  }

  private static let phone = Caller.sandboxed(Sandbox(.flatpak, "org.example.Phone"))

  @Test func aSandboxUsesNoneThatItIsNotPermitted() throws {
    var refusals: Set<String> = []
    // Neither by its id, nor by what it sees of it; and one that there is not is no different.
    for (uri, account) in [
      ("030 123", nil), ("alice", nil), ("tel:1", nil), ("sip:a@example.org", "home"), ("sip:a@example.org", "_1"),
      ("030", "Account 1"), ("sip:a@example.org", "nosuch"),
    ] {
      guard case .notPermitted(let text)? = problem(uri, account, from: Self.phone) else {
        Issue.record("\(uri) \(account ?? "")")
        continue
      }
      #expect(text.contains("ongoingcallctl account edit ID --allow-app org.example.Phone"))
      refusals.insert(text.replacing(account ?? "?", with: ""))
    }
    // With an account's name, and without.
    #expect(refusals.count == 2)
    #expect(try spec("sip:a@example.org", from: Self.phone).account == nil)
    #expect(try spec("sip:a@example.org", "", from: Self.phone).account == nil)
    guard case .invalidOption? = problem("030", "", from: Self.phone) else { throw CancellationError() }
  }

  @Test func aSandboxUsesThoseThatItIsPermitted() throws {
    let home = Self.file("home", "sip:me@example.org", "Label=Home\nAllowApps=org.example.Mail org.example.Phone\n")
    let other = Self.file("other", "sip:you@example.org", "AllowApps=org.example.Mail\n")
    let work = Self.file("work", "sips:100@pbx.example.com", "Default=yes\nAllowApps=org.example.Phone\n")
    let all = [home, other, work]
    for (name, id) in [("Home", "home"), ("_1", "home"), ("Account 3", "work"), ("_3", "work")] {
      #expect(try spec("030", name, of: all, from: Self.phone).account == id)
    }
    for uri in ["030", "sip:a@example.org"] {
      #expect(try spec(uri, of: all, from: Self.phone).account == "work")
    }
    #expect(try spec("sip:a@example.org", of: [home, other], from: Self.phone).account == nil)
    for name in ["home", "_2", "Account 2", "Account 1", "other"] {
      guard case .notPermitted? = problem("030", name, of: all, from: Self.phone) else { throw CancellationError() }
    }
    // One that is disabled is for nobody, and which one is meant must be clear.
    let off = Self.file("work", "sips:100@pbx.example.com", "Enabled=no\nDefault=yes\nAllowApps=org.example.Phone\n")
    #expect(try spec("sip:a@example.org", of: [off], from: Self.phone).account == nil)
    guard case .notPermitted? = problem("030", of: [off], from: Self.phone),
      case .notPermitted? = problem("030", "_1", of: [off], from: Self.phone)
    else { throw CancellationError() }
    let twin = Self.file("twin", "sip:x@example.org", "Label=Home\nAllowApps=org.example.Phone\n")
    guard case .invalidOption? = problem("030", "Home", of: [home, twin], from: Self.phone) else {
      throw CancellationError()
    }
    // Its label is nothing to the user's own programs.
    guard case .invalidOption? = problem("030", "Home", of: all) else { throw CancellationError() }
  }

  @Test func whatNamesTheUserIsKeptFromTheSandbox() throws {
    let me = Self.file(
      "me_example_org", "sip:me@example.org:5070",
      "AuthUser=m17\nRegistrar=reg.example.com\nAllowApps=org.example.Phone\n")
    let spec = try spec("030", "_1", of: [me], from: Self.phone)
    for secret in [
      "sip:030@example.org:5070", "no password for me_example_org", "M17 is unknown", "from me.",
      "403 (reg.example.com)",
    ] { #expect(spec.shownToSandbox(secret) == "", "\(secret)") }
    for harmless in ["486 Busy here", "some time", "m171", "notexample.organic", "sip:a@example.net"] {
      #expect(spec.shownToSandbox(harmless) == harmless)
    }
    #expect(try self.spec("sip:a@example.org", from: Self.phone).shownToSandbox("me") == "me")
  }

  /// One that has an engine for numbers needs no account.
  @Test func anEngineMayCallNumbersItself() throws {
    engines.install(EngineDescriptor(name: "modem", command: [engines.program], schemes: ["tel"]))
    let spec = try spec("tel:+4930123", of: [])
    #expect(spec.uri == "tel:+4930123" && spec.account == nil && spec.engine.name == "modem")
    #expect(try self.spec("tel:+4930123", "home").uri == "sip:+4930123@example.org")
  }
}
