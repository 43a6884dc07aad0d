// SPDX-License-Identifier: Apache-2.0
import CallModel
import Glibc
import Logging
import OngoingCallTestSupport
import Systemd
import Testing

@testable import OngoingCallDaemon

@Suite struct ConfigurationTests {
  let folder = TemporaryFolder()
  let engines = EngineFolder()
  private let told = LogLines()

  init() {
    for name in ["own", "admin", "vendor"] {
      folder.makeFolder(name)
      folder.makeFolder("\(name)/ongoingcall")
      folder.makeFolder("\(name)/ongoingcall/ongoingcalld.conf.d")
    }
  }

  private func load() -> Configuration {
    ConfigurationDirectories(paths: [folder["own"], folder["admin"], folder["vendor"], folder["absent"]])
      .load(told.logger)
  }

  private func load(_ text: String) -> Configuration {
    folder.write(text, to: "own/ongoingcall/ongoingcalld.conf")
    return load()
  }

  private func spec(_ configuration: Configuration, _ options: (String, BusValue)...) throws -> LaunchSpec {
    try LaunchOptions(options + [("command", .strings([engines.program]))]).spec(engines.catalog, configuration)
  }

  // MARK: Keys

  @Test func withoutAFileThereAreDefaults() throws {
    #expect(load() == Configuration())
    let spec = try spec(Configuration())
    #expect(!spec.lingers && spec.inhibitsSleep)
    #expect((spec.launchTimeout, spec.reconnectTimeout, spec.aloneTimeout) == (120, 60, 300))
    #expect(told.lines == [])
  }

  @Test func everyKeyIsTheDefaultOfItsLaunchOption() throws {
    let configuration = load(
      """
      [Calls]
      Linger=yes
      LaunchTimeoutSec=1min 30s
      ReconnectTimeoutSec=7
      AloneTimeoutSec=0
      InhibitSleep=off
      """)
    let spec = try spec(configuration)
    #expect(spec.lingers && !spec.inhibitsSleep)
    #expect((spec.launchTimeout, spec.reconnectTimeout, spec.aloneTimeout) == (90, 7, 0))
    let other = try self.spec(
      configuration, ("linger", .bool(false)), ("inhibit-sleep", .bool(true)), ("launch-timeout", .uint32(1)),
      ("reconnect-timeout", .uint32(2)), ("alone-timeout", .uint32(3)))
    #expect(!other.lingers && other.inhibitsSleep)
    #expect((other.launchTimeout, other.reconnectTimeout, other.aloneTimeout) == (1, 2, 3))
    #expect(told.lines == [])
  }

  @Test func anEndThatWasWantedIsToldWhereThatIsWanted() {
    #expect(load("[Notifications]\nCallEnded=yes").tellsWantedEnds)
    #expect(load("[Calls]\nCallEnded=yes") == Configuration())
  }

  @Test func aDismissedNotificationStaysAwayForThirtySecondsOrAsLongAsIsSaid() {
    #expect(Configuration().dismissalPause == 30)
    #expect(load("[Notifications]\nDismissedSec=5min").dismissalPause == 300)
    #expect(load("[Notifications]\nDismissedSec=0").dismissalPause == 30)
  }

  @Test func theDesktopIsAskedNotToDisturbOnlyWhereThatIsWanted() {
    #expect(!Configuration().asksForQuiet)
    #expect(load("[Notifications]\nDoNotDisturb=yes").asksForQuiet)
  }

  @Test func onlyALaunchThatSaysSoMustLinger() throws {
    #expect(try !LaunchOptions([]).mustLinger)
    #expect(try !LaunchOptions([("linger", .bool(false))]).mustLinger)
    #expect(try LaunchOptions([("linger", .bool(true))]).mustLinger)
  }

  @Test func whatIsAssignedLaterWinsAndNothingIsTheDefault() {
    #expect(load("[Calls]\nLaunchTimeoutSec=5\nLaunchTimeoutSec=6").calls.launchTimeout == 6)
    #expect(load("[Calls]\nLaunchTimeoutSec=5\nLinger=yes\nLaunchTimeoutSec=\nLinger=") == Configuration())
  }

  @Test(
    arguments: [
      ("yes", true), ("no", false), ("1", true), ("0", false), ("TRUE", true), ("False", false), ("t", true),
      ("f", false), ("Y", true), ("n", false), ("on", true), ("Off", false), ("maybe", nil), ("2", nil), ("ye s", nil),
    ] as [(String, Bool?)])
  func flags(_ text: String, _ value: Bool?) { #expect(OptionNotation<Bool>.flag.read(text) == value) }

  @Test(
    arguments: [
      ("0", 0), ("90", 90), ("90s", 90), ("90 sec", 90), ("1min", 60), ("1min 30s", 90), ("1m30", 90),
      ("2 hours", 7200),
      ("1d1h", 90000), ("49710d 6h 28min 15s", .max), ("49710d 6h 28min 16s", nil), ("4294967296", nil), ("", nil),
      (" ", nil), ("s", nil), ("1 fortnight", nil), ("1ms", nil), ("-1", nil), ("1.5", nil), ("１", nil),
      ("infinity", nil),
    ] as [(String, UInt32?)])
  func times(_ text: String, _ seconds: UInt32?) { #expect(TimeSpan.seconds(text) == seconds) }

  @Test func onlyACallThatNobodyElseIsInMayGoOnForEver() {
    #expect(load("[Calls]\nAloneTimeoutSec=infinity").calls.aloneTimeout == 0)
    #expect(load("[Calls]\nReconnectTimeoutSec=infinity") == Configuration())
    #expect(told.lines.count == 1)
  }

  // MARK: What is wrong

  @Test func whatIsWrongIsLeftOutAndTold() {
    let path = folder["own/ongoingcall/ongoingcalld.conf"]
    let configuration = load(
      """
      Linger=yes
      [Calls]
      Linger=perhaps
      LaunchTimeoutSec=0
      AloneTimeoutSec=86401
      Colour=\u{1B}[31mred
      X-Ours=1
      ReconnectTimeoutSec=8
      [Cals]
      Linger=yes
      [X-Ours]
      a=b
      nonsense
      """)
    #expect(configuration == with { $0.calls.reconnectTimeout = 8 })
    #expect(
      told.lines == [
        "\(path):1: expected a [Section] before it; ignored",
        "\(path):3: Linger=“perhaps”: expected yes or no; ignored",
        "\(path):4: LaunchTimeoutSec=“0”: expected a time of 1 to 3600 seconds; ignored",
        "\(path):5: AloneTimeoutSec=“86401”: expected a time of 0 to 86400 seconds; ignored",
        "\(path):6: [Calls] has no key “Colour”; its keys are AloneTimeoutSec, InhibitLidSwitch, InhibitSleep, "
          + "LaunchTimeoutSec, Linger, PausePlayers, ReconnectTimeoutSec; ignored",
        "\(path):10: unknown section [Cals]; the sections are [Calls], [Notifications]; ignored",
        "\(path):13: expected Key=Value; ignored",
      ])
    #expect(told.fields(1)?["CONFIG_FILE"] == "\(path)")
    #expect(told.fields(1)?["CONFIG_LINE"] == "3")
  }

  private func with(_ change: (inout Configuration) -> Void) -> Configuration {
    var configuration = Configuration()
    change(&configuration)
    return configuration
  }

  @Test func ofManyProblemsSomeAreTold() {
    #expect(load("[Calls]\n" + String(repeating: "x\n", count: 5000) + "Linger=1").calls.lingers)
    #expect(told.lines.count == 65)
    #expect(told.lines.last == "4936 more problems of the configuration are not shown")
  }

  @Test func aProblemIsALineOfBoundedLength() {
    _ = load("[Calls]\nLinger=" + String(repeating: "x", count: 60_000))
    #expect(told.lines.count == 1 && told.lines[0].utf8.count < 1000)
  }

  @Test func aFileThatIsTooLargeIsLeftOut() {
    let text = "[Calls]\nLinger=yes\n"
    #expect(load(text + String(repeating: "#", count: 64 * 1024 - text.utf8.count)).calls.lingers)
    #expect(!load(text + String(repeating: "#", count: 64 * 1024 - text.utf8.count + 1)).calls.lingers)
    let path = folder["own/ongoingcall/ongoingcalld.conf"]
    #expect(told.lines == ["\(path): it is 65537 bytes large; at most 65536 are read; ignored"])
  }

  @Test func whatIsNoFileIsNamed() {
    let path = folder["own/ongoingcall/ongoingcalld.conf"]
    #expect(mkdir(path, 0o700) == 0)
    #expect(!load().calls.lingers)
    #expect(rmdir(path) == 0 && mkfifo(path, 0o600) == 0)
    #expect(!load().calls.lingers)
    #expect(unlink(path) == 0 && symlink("/dev/zero", path) == 0)
    #expect(!load().calls.lingers)
    #expect(unlink(path) == 0)
    #expect(told.lines == ["folder", "pipe", "device"].map { "\(path): it is a \($0), not a file; ignored" })
    // A link to a file is as good as the file.
    folder.write("[Calls]\nLinger=yes\n", to: "elsewhere")
    #expect(symlink(folder["elsewhere"], path) == 0)
    #expect(load().calls.lingers)
    #expect(told.lines.count == 3)
  }

  // MARK: Where

  @Test func theFirstMainFileIsRead() {
    folder.write("[Calls]\nLinger=yes\nLaunchTimeoutSec=1", to: "vendor/ongoingcall/ongoingcalld.conf")
    #expect(load() == with { ($0.calls.lingers, $0.calls.launchTimeout) = (true, 1) })
    folder.write("[Calls]\nLaunchTimeoutSec=2", to: "admin/ongoingcall/ongoingcalld.conf")
    #expect(load() == with { $0.calls.launchTimeout = 2 })
    #expect(load("[Calls]\n") == Configuration())
  }

  @Test func dropInsComeAfterItInTheOrderOfTheirNames() {
    folder.write("[Calls]\nLaunchTimeoutSec=1", to: "own/ongoingcall/ongoingcalld.conf")
    folder.write("[Calls]\nLaunchTimeoutSec=2", to: "vendor/ongoingcall/ongoingcalld.conf.d/20.conf")
    folder.write("[Calls]\nLaunchTimeoutSec=3\nLinger=1", to: "own/ongoingcall/ongoingcalld.conf.d/10.conf")
    folder.write("[Calls]\nLaunchTimeoutSec=4", to: "own/ongoingcall/ongoingcalld.conf.d/30.conf~")
    #expect(load() == with { ($0.calls.lingers, $0.calls.launchTimeout) = (true, 2) })
  }

  @Test func ofDropInsWithOneNameTheFirstIsRead() {
    folder.write("[Calls]\nLinger=yes", to: "vendor/ongoingcall/ongoingcalld.conf.d/a.conf")
    folder.write("[Calls]\nLaunchTimeoutSec=2", to: "admin/ongoingcall/ongoingcalld.conf.d/a.conf")
    #expect(load() == with { $0.calls.launchTimeout = 2 })
    folder.write("", to: "own/ongoingcall/ongoingcalld.conf.d/a.conf")
    #expect(load() == Configuration())
  }

  @Test func whatIsNoFileIsTold() {
    folder.makeFolder("own/ongoingcall/ongoingcalld.conf")
    #expect(load() == Configuration())
    #expect(told.lines.count == 1)
  }

  /// The file that is installed names every key, with its default, in comments.
  @Test func theDocumentedDefaultsAreTheDefaults() throws {
    let text = try ProjectFiles.text("systemd/ongoingcalld.conf")
    #expect(load(text) == Configuration())
    let lines = text.split(separator: "\n")
    let settings = lines.filter { $0.hasPrefix("#") && !$0.hasPrefix("# ") && $0.contains("=") }
    #expect(settings.count == 10)
    // Each of them counts, in its section, and changes nothing.
    let defaults = lines.filter { $0.hasPrefix("[") || settings.contains($0) }
    #expect(load(defaults.map { $0.hasPrefix("#") ? $0.dropFirst() : $0 }.joined(separator: "\n")) == Configuration())
    #expect(told.lines == [])
  }
}
