"""What every page shares: guards, headers, sessions, errors, navigation, assets."""
