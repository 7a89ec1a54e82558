"""The only part of catdog that knows Streamlit: frame, guards, cached accessors, live chart, panels."""
