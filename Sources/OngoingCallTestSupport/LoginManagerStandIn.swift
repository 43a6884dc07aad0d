// SPDX-License-Identifier: Apache-2.0
internal import Glibc
package import Systemd

/// The name and the object of the login manager on a bus that has none, with the part of it that makes a user linger.
/// (With the real one: Tests/EndToEnd.)
@EventLoopActor
package final class LoginManagerStandIn {
  /// What it was asked for and did.
  package private(set) var asked: [Bool] = []
  /// The same, for who waits for it.
  package let answered = Mailbox<Bool>()
  /// What it answers with, instead of doing anything.
  package var refusal: BusError?
  /// Carried out when it is asked, before it does anything.
  package var before: @EventLoopActor () -> Void = {}

  private let flag: String
  private var slot: BusSlot?

  /// On the connection `bus`, as long as this is there. `flag` is the file by which the user lingers.
  package init(on bus: Bus, flag: String) async throws {
    self.flag = flag
    slot = try bus.serve("/org/freedesktop/login1") { [weak self] in self?.answer($0) }
    try await bus.requestName("org.freedesktop.login1")
  }

  /// As if somebody else had asked.
  package func set(_ lingers: Bool) {
    guard lingers else { return _ = unlink(flag) }
    close(open(flag, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644))
    // The kernel's own clock for files may stand still between two of these.
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    _ = utimensat(AT_FDCWD, flag, [now, now], 0)
  }

  private func answer(_ call: MethodCall) {
    let arguments = (0..<3).map { _ in try? call.message.read() }
    guard call.message.member == "SetUserLinger", arguments[0]?.asUInt32 == getuid(), arguments[2]?.asBool == false,
      let lingers = arguments[1]?.asBool
    else { return call.fail(BusError("org.freedesktop.DBus.Error.UnknownMethod", "not stood in for")) }
    before()
    if let refusal { return call.fail(refusal) }
    set(lingers)
    asked.append(lingers)
    answered.put(lingers)
    call.reply()
  }
}
