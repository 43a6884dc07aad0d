// SPDX-License-Identifier: Apache-2.0
import CWindow
import CallWindow
import Glibc
import OngoingCall

/// What the desktop and other programs know it by.
private enum Name {
  static let executable = "ongoingcall-window"
  /// Of its desktop file, and of the one process of it on the bus.
  static let application = "org.ongoingcall.OngoingCall.Window"
  static let icon = "org.ongoingcall.OngoingCall"
  /// Of its translations (gettext(3)).
  static let textDomain = "ongoingcall"
  /// What lets it come to the front (xdg-activation; Startup Notification Protocol).
  static let tokens = ["XDG_ACTIVATION_TOKEN", "DESKTOP_STARTUP_ID"]
  /// Where its translations are, by gettext's convention (gettext.sh).
  static let textDomainDirectory = "TEXTDOMAINDIR"
}

private func say(_ text: String, on descriptor: Int32 = STDOUT_FILENO) {
  let line = text + "\n"
  _ = write(descriptor, line, line.utf8.count)
}

private func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// Where an installation has them beside the program.
private func translations() -> String? {
  if let given = variable(Name.textDomainDirectory) { return given }
  guard let program = realpath("/proc/self/exe", nil) else { return nil }
  defer { free(program) }
  let folders = String(cString: program).split(separator: "/").dropLast(2)
  return "/" + (folders + ["share", "locale"]).joined(separator: "/")
}

private func run(showing call: String?) -> Int32 {
  WindowLoop.claim()
  cwindow_use_translations(Name.textDomain, translations())
  let token = Name.tokens.lazy.compactMap(variable).first
  return PackageResources.window_ui.withUnsafeBufferPointer { description in
    Name.application.withCString { application in
      Name.icon.withCString { icon in
        Name.textDomain.withCString { domain in
          var program = cwindow_program()
          (program.application, program.icon, program.domain) = (application, icon, domain)
          // GTK wants characters.
          program.description = description.baseAddress.map { UnsafeRawPointer($0).assumingMemoryBound(to: CChar.self) }
          program.length = description.count
          program.opened = { WindowProgram.open($0) }
          program.acted = { WindowProgram.act($0, $1) }
          program.ticked = { WindowProgram.tick() }
          return cwindow_run(&program, call ?? "", token ?? "")
        }
      }
    }
  }
}

switch WindowArguments(Array(CommandLine.arguments.dropFirst())) {
case .help: say(WindowArguments.usage)
case .version: say("\(Name.executable) \(OngoingCallService.version)")
case .invalid(let why):
  say("\(Name.executable): \(why); see: \(Name.executable) --help", on: STDERR_FILENO)
  exit(64)
case .open(let call):
  let status = run(showing: call)
  guard status != CWINDOW_NOT_BUILT else {
    say("\(Name.executable): this build has no window; build with --traits Window", on: STDERR_FILENO)
    exit(1)
  }
  exit(status)
}
