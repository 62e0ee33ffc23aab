// What of the machine is let into a build's room. Private to sandbox/.
//
// Whatever is copied or shown is also something that everybody on the machine may read; the lists
// leave out what tells of its users and its services all the same.
#pragma once

#include <array>
#include <string_view>

namespace tandem::sandbox {

/// Beside /usr: what dpkg and apt know of the packages that are installed and of those that are to
/// be had.
inline constexpr auto kRoomLayers =
    std::to_array<std::string_view>({"/var/lib/dpkg", "/var/lib/apt"});

inline constexpr auto kRoomFolders = std::to_array<std::string_view>({"/boot",
                                                                      "/dev",
                                                                      "/etc",
                                                                      "/home",
                                                                      "/media",
                                                                      "/mnt",
                                                                      "/opt",
                                                                      "/proc",
                                                                      "/root",
                                                                      "/run/lock",
                                                                      "/srv",
                                                                      "/sys",
                                                                      "/tmp",
                                                                      "/codebuild/output/tmp",
                                                                      "/codebuild/readonly",
                                                                      "/var/backups",
                                                                      "/var/cache/apt/archives",
                                                                      "/var/cache/man",
                                                                      "/var/lib/misc",
                                                                      "/var/lib/systemd",
                                                                      "/var/local",
                                                                      "/var/log/apt",
                                                                      "/var/mail",
                                                                      "/var/opt",
                                                                      "/var/spool",
                                                                      "/var/tmp"});

/// Files and folders, which are the room's own from then on.
inline constexpr auto kRoomCopies = std::to_array<std::string_view>(
    {// Packages: dpkg, apt, their helpers, and what registers with them.
     "/etc/adduser.conf", "/etc/alternatives", "/etc/apt", "/etc/debconf.conf",
     "/etc/debian_version", "/etc/deluser.conf", "/etc/dpkg", "/etc/init.d", "/etc/kernel",
     "/etc/logrotate.d", "/etc/pam.conf", "/etc/pam.d", "/etc/rc0.d", "/etc/rc1.d", "/etc/rc2.d",
     "/etc/rc3.d", "/etc/rc4.d", "/etc/rc5.d", "/etc/rc6.d", "/etc/rcS.d", "/etc/sgml",
     "/etc/sysctl.d", "/etc/systemd", "/etc/tmpfiles.d", "/etc/ucf.conf", "/etc/update-motd.d",
     "/etc/xml", "/etc/cron.d", "/etc/cron.daily", "/etc/cron.weekly", "/etc/apparmor.d",
     "/etc/emacs", "/etc/bash_completion.d", "/etc/default", "/etc/modules-load.d", "/etc/binfmt.d",
     "/etc/environment.d", "/var/cache/debconf", "/var/lib/ca-certificates-java",
     "/var/lib/emacsen-common", "/var/lib/pam", "/var/lib/python", "/var/lib/sgml-base",
     "/var/lib/shells.state", "/var/lib/ucf", "/var/lib/vim", "/var/lib/xml-core",
     // Certificates, and names of users, services and hosts.
     "/etc/ca-certificates", "/etc/ca-certificates.conf", "/etc/ssl", "/etc/passwd", "/etc/group",
     "/etc/subuid", "/etc/subgid", "/etc/login.defs", "/etc/shells", "/etc/skel", "/etc/security",
     "/etc/nsswitch.conf", "/etc/gai.conf", "/etc/host.conf", "/etc/protocols", "/etc/services",
     "/etc/networks", "/etc/rpc", "/etc/ethertypes", "/etc/bindresvport.blacklist",
     // Programs: the loader, languages, libraries, and where their packages come from.
     "/etc/ld.so.cache", "/etc/ld.so.conf", "/etc/ld.so.conf.d", "/etc/localtime", "/etc/timezone",
     "/etc/locale.alias", "/etc/locale.gen", "/etc/environment", "/etc/profile", "/etc/profile.d",
     "/etc/bash.bashrc", "/etc/inputrc", "/etc/terminfo", "/etc/os-release", "/etc/lsb-release",
     "/etc/issue", "/etc/issue.net", "/etc/magic", "/etc/magic.mime", "/etc/mime.types",
     "/etc/mailcap", "/etc/mke2fs.conf", "/etc/xattr.conf", "/etc/libaudit.conf", "/etc/perl",
     "/etc/python3", "/etc/python3.9", "/etc/python3.11", "/etc/python3.12", "/etc/python3.13",
     "/etc/pip.conf", "/etc/npmrc", "/etc/java-11-openjdk", "/etc/java-17-openjdk",
     "/etc/java-21-openjdk", "/etc/maven", "/etc/gradle", "/etc/php", "/etc/ruby", "/etc/gss",
     "/etc/dbus-1", "/etc/fonts", "/etc/X11", "/etc/xdg", "/etc/gtk-2.0", "/etc/gtk-3.0",
     "/etc/glvnd", "/etc/chromium", "/etc/chromium.d", "/etc/vim", "/etc/wgetrc", "/etc/gdb",
     "/etc/groff", "/etc/manpath.config", "/etc/gprofng.rc"});

}  // namespace tandem::sandbox
