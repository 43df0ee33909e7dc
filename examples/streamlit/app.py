"""A Streamlit page that counts the nuclei in an uploaded image."""

from pathlib import Path

import pandas as pd
import streamlit as st
from streamlit.components.v1 import declare_component

workbench = declare_component("workbench", path=Path(__file__).parent / "workbench")

st.title("Nuclei")
upload = st.file_uploader("Image")
if upload is not None:
    # Another key for another file, so that each has a workbench of its own.
    results = workbench(name=upload.name, content=upload.getvalue(), key=upload.file_id)
    for result in results or []:
        st.metric(result["path"], f"{result['count']} nuclei")
        st.dataframe(pd.DataFrame(result["nuclei"]))
