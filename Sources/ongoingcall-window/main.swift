// SPDX-License-Identifier: Apache-2.0
import CLinux
import CWindow
import CallModel
import CallWindow
import Glibc

private func say(_ text: String, on descriptor: Int32 = STDOUT_FILENO) {
  let line = text + "\n"
  _ = write(descriptor, line, line.utf8.count)
}

private func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }

/// Where an installation has them beside the program.
private func translations() -> String? {
  if let given = variable(EnvironmentName.textDomainDirectory) { return given }
  guard let program = realpath("/proc/self/exe", nil) else { return nil }
  defer { free(program) }
  let folders = String(cString: program).split(separator: "/").dropLast(2)
  return "/" + (folders + ["share", "locale"]).joined(separator: "/")
}

private func run(showing call: String?) -> Int32 {
  WindowLoop.claim()
  clinux_text_setup(DaemonName.textDomain, translations())
  let token = [EnvironmentName.activationToken, EnvironmentName.desktopStartupID].lazy.compactMap(variable).first
  return PackageResources.window_ui.withUnsafeBufferPointer { description in
    WindowName.application.withCString { application in
      DesktopName.application.withCString { icon in
        DaemonName.textDomain.withCString { domain in
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
case .version: say("\(WindowName.executable) \(DaemonName.version)")
case .invalid(let why):
  say("\(WindowName.executable): \(why); see: \(WindowName.executable) --help", on: STDERR_FILENO)
  exit(64)
case .open(let call):
  let status = run(showing: call)
  guard status != CWINDOW_NOT_BUILT else {
    say("\(WindowName.executable): this build has no window; build with --traits Window", on: STDERR_FILENO)
    exit(1)
  }
  exit(status)
}
