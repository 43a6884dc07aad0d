// SPDX-License-Identifier: Apache-2.0
import CallModel
import EngineChannel
import Systemd

/// What a session needs of the house it lives in.
@EventLoopActor
protocol SessionHost: AnyObject {
  var manager: ServiceManager { get }
  var launcher: EngineLauncher { get }
  /// Whether calls go on after the user's last logout.
  var survivesLogout: Bool { get }
  func nextSequence() -> UInt64
  /// The session of that id, where `permission` sees it.
  func session(_ id: String, for permission: Permission) throws(CallRefusal) -> Session
  func launch(referred spec: LaunchSpec) async throws(CallRefusal) -> Session
  func checkIsFree(_ name: String, for sandbox: Sandbox?) throws(CallRefusal)
  /// To be done, and to have succeeded, before anything of it is announced.
  func save(_ record: SessionRecord) throws
  func announce(_ events: [RecordedEvent], of session: Session, changed: [String])
  func lookUpPassword(
    of account: AccountID, in place: PasswordPlace, then: @escaping (Result<Password, PasswordProblem>) -> Void)
  /// Keeps the authorities of the certificates of its servers as long as its record.
  func keep(authorities text: String, of session: SessionID)
  /// The file in which they are kept; nil if they are not.
  func authorities(of session: SessionID) -> String?
  /// How the registration of its account fares.
  func heard(_ registration: EngineRegistration, of session: Session)
  func sessionIsOver(_ session: Session)
  /// Whether a session is ready for the machine's sleep has changed.
  func readinessChanged()
}
