// SPDX-License-Identifier: Apache-2.0
import ArgumentParser
import CallModel

/// What prompts and bars type again and again. It is read here, because ArgumentParser takes longer for it than ongoingcalld
/// takes to answer.
enum PlainCommands {
  /// `status` and `list` without arguments, and `status --format FORMAT`; nil for everything else.
  static func read(_ arguments: [String]) -> (any CallCommand)? {
    switch (arguments.first, arguments.count) {
    case ("status", 1): return status(format: nil)
    case ("status", 3) where arguments[1] == "--format" && !arguments[2].hasPrefix("-"):
      // What is wrong with a format is said where it is read with all the rest.
      guard (try? BarFormat(arguments[2])) != nil else { return nil }
      return status(format: arguments[2])
    case ("list", 1):
      var list = List()
      (list.all, list.common) = (false, .usual)
      return list
    default: return nil
    }
  }

  private static func status(format: String?) -> Status {
    var status = Status()
    (status.id, status.follow, status.format, status.common) = (nil, false, format, .usual)
    return status
  }
}

extension CommonOptions {
  fileprivate static var usual: CommonOptions {
    var options = CommonOptions()
    (options.json, options.quiet, options.color, options.noPager, options.timeout) = (false, false, .auto, false, nil)
    return options
  }
}
