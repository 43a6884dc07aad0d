// SPDX-License-Identifier: GPL-3.0-or-later
import Glibc

func complain(_ text: String) {
  let line = "ongoingcall-farend: \(text)\n"
  _ = line.withCString { write(STDERR_FILENO, $0, strlen($0)) }
}

#if SIP
  import SIPCore

  if CommandLine.arguments.contains("--help") {
    print(FarEndOptions.usage)
    exit(0)
  }
  do {
    let options = try FarEndOptions(CommandLine.arguments.dropFirst())
    let folder = try RuntimeFolder()
    defer { folder.remove() }
    try FarEnd(options, folder: folder).run()
  } catch let error as FarEndOptions.Wrong {
    complain("\(error); see --help")
    exit(EX_USAGE)
  } catch {
    complain("\(error)")
    exit(1)
  }
#else
  complain("built without the SIP trait (liblinphone); build it with: swift build --traits SIP")
  exit(EX_UNAVAILABLE)
#endif
