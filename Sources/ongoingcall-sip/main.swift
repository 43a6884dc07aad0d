// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc

func complain(_ text: String) {
  let line = "ongoingcall-sip: \(text)\n"
  _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}

#if SIP
  import SIPCore

  do {
    let folder = try RuntimeFolder()
    let engine = SIPEngine(Channel(), folder: folder)
    engine.run()
    folder.remove()
  } catch {
    complain("\(error)")
    exit(1)
  }
  // Not exit(): liblinphone's threads may still be there while its destructors would run.
  _exit(0)
#else
  complain("built without the SIP trait (liblinphone); build it with: swift build --traits SIP")
  exit(EX_UNAVAILABLE)
#endif
