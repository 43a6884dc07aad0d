// SPDX-License-Identifier: Apache-2.0
import CallModel
internal import Glibc

/// The system's login manager (org.freedesktop.login1(5)).
@EventLoopActor
public final class LoginManager {
  private let service: BusService
  private let patience: Duration
  private static let path = "/org/freedesktop/login1"
  private static let interface = "org.freedesktop.login1.Manager"

  /// - Parameter patience: for each answer, which comes at once or not at all.
  public init(bus: Bus, patience: Duration) {
    (service, self.patience) = (bus.service("org.freedesktop.login1"), patience)
  }

  /// An inhibitor, which lasts as long as this object.
  @EventLoopActor
  public final class Inhibitor {
    private let descriptor: Int32
    fileprivate init(_ descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }
  }

  public enum Mode: String, Sendable {
    /// Prevents it, if policy allows the user to do so.
    case block
    /// Delays it for a few seconds (`InhibitDelayMaxSec=`).
    case delay
  }

  /// - Parameter what: `sleep`, `shutdown`, `idle` …
  public func inhibit(_ what: String, _ mode: Mode, who: String, why: String) async throws(BusError) -> Inhibitor {
    let descriptor = try await call(
      "Inhibit", [.string(what), .string(who), .string(why), .string(mode.rawValue)]
    ) { reply throws(BusError) in
      guard case .descriptor(let borrowed) = try reply.read() else { return Int32(-1) }
      return fcntl(borrowed.raw, F_DUPFD_CLOEXEC, 3)
    }
    guard descriptor >= 0 else { throw BusError(BusError.failed, "the login manager returned no inhibitor") }
    return Inhibitor(descriptor)
  }

  /// What the machine is doing, or is about to do.
  public struct Preparation: Equatable, Sendable {
    public var sleeps: Bool
    public var shutsDown: Bool

    public init(sleeps: Bool = false, shutsDown: Bool = false) { (self.sleeps, self.shutsDown) = (sleeps, shutsDown) }
  }

  /// `handler` is called when ``preparation()`` may have changed: before and after sleep, before shutdown, and if these
  /// fail. It is only a reason to ask: a signal may be out of date when it is read.
  public func onPreparation(_ handler: @escaping @EventLoopActor () -> Void) throws(BusError) -> [BusSlot] {
    [try onSignal("PrepareForSleep", handler), try onSignal("PrepareForShutdown", handler)]
  }

  private func onSignal(_ member: String, _ handler: @escaping @EventLoopActor () -> Void) throws(BusError) -> BusSlot {
    try service.onSignal(path: Self.path, interface: Self.interface, member: member) { _ in handler() }
  }

  public func preparation() async throws(BusError) -> Preparation {
    // Ask for shutdown first, because it cannot be undone.
    let shutsDown = try await flag("PreparingForShutdown")
    return Preparation(sleeps: try await flag("PreparingForSleep"), shutsDown: shutsDown)
  }

  /// Turns lingering on or off: whether this user's services run from boot on, without a login (loginctl(1),
  /// `enable-linger`). Policy may refuse it.
  public func setLinger(_ enabled: Bool) async throws(BusError) {
    try await call("SetUserLinger", [.uint32(getuid()), .bool(enabled), .bool(false)]) { _ throws(BusError) in }
  }

  private func flag(_ property: String) async throws(BusError) -> Bool {
    try await call(
      "Get", [.string(Self.interface), .string(property)], on: "org.freedesktop.DBus.Properties"
    ) { reply throws(BusError) in
      guard case .variant(.bool(let value)) = try reply.read() else { return false }
      return value
    }
  }

  private func call<T: Sendable>(
    _ member: String, _ arguments: [BusValue], on interface: String = LoginManager.interface,
    decode: @escaping (borrowing Message) throws(BusError) -> T
  ) async throws(BusError) -> T {
    do throws(BusError) {
      return try await service.call(
        path: Self.path, interface: interface, member: member, arguments, timeout: patience, decode: decode)
    } catch  where error.name == BusError.noReply || error.name == BusError.timeout {
      let text = "the login manager does not answer \(member) (\(error.message))"
      // It asks polkit about this one before it answers.
      let units = member == "SetUserLinger" ? "systemd-logind polkit dbus" : "systemd-logind dbus"
      throw BusError(error.name, "\(text); see: systemctl status \(units)")
    }
  }
}
